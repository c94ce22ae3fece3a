package io.cairn.jepsen.nemesis;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Which faults strike, in which order. */
public final class Schedule {
    private static final long PAUSE_MILLIS = 5_000;

    private static final long BRIEF_PAUSE_MILLIS = 1_500;

    private Schedule() {}

    /** Each process killed once, then all; one stopped for 5 s; one wiped. */
    private static List<Fault> brief(int processes) {
        List<Fault> faults = new ArrayList<>();
        for (int process = 0; process < processes; process++) {
            faults.add(kill(process));
        }
        faults.add(pause(0, PAUSE_MILLIS));
        faults.add(new Wiped(1));
        faults.add(killAll(processes));
        return faults;
    }

    /** What {@code SmokeIT} does not do: a process, then all of them at once. */
    public static List<Fault> smoke(int processes) {
        return List.of(kill(1), killAll(processes));
    }

    private static Fault killAll(int processes) {
        return new Killed(
                "kill -9 of all", IntStream.range(0, processes).boxed().toList(), false);
    }

    /** Rounds of all kinds in an order drawn from the seed. */
    public static List<Fault> rounds(int processes, int rounds, long seed) {
        List<Fault> faults = new ArrayList<>();
        Random random = new Random(seed);
        for (int round = 0; round < rounds; round++) {
            List<Fault> some = brief(processes);
            some.add(pause(random.nextInt(processes), PAUSE_MILLIS));
            some.add(new Wiped(random.nextInt(processes)));
            int laggard = random.nextInt(processes);
            some.add(new WipeBesideALaggard(laggard, (laggard + 1) % processes, (laggard + 2) % processes));
            Collections.shuffle(some, random);
            faults.addAll(some);
        }
        return faults;
    }

    /** Only {@code kill -9}, of one process after another: what the gap's median is taken from. */
    public static List<Fault> kills(int processes, int kills) {
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < kills; i++) {
            faults.add(kill(i % processes));
        }
        return faults;
    }

    /** Only SIGSTOP, of one process after another, just long enough for another primary to have acknowledged something. */
    public static List<Fault> pauses(int processes, int pauses) {
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < pauses; i++) {
            faults.add(pause(i % processes, BRIEF_PAUSE_MILLIS));
        }
        return faults;
    }

    /** Only wiped disks beside a process that lags, each process in each part in turn. */
    public static List<Fault> laggards(int processes, int rounds) {
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            faults.add(new WipeBesideALaggard(i % processes, (i + 1) % processes, (i + 2) % processes));
        }
        return faults;
    }

    private static Fault kill(int process) {
        return new Killed("kill -9", List.of(process), true);
    }

    private static Fault pause(int process, long millis) {
        return new Paused("SIGSTOP", List.of(process), millis, true);
    }
}
