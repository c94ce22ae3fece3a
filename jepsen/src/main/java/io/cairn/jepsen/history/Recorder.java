package io.cairn.jepsen.history;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Takes down a run while it happens. Any thread. */
public final class Recorder {
    /** Beyond this many operations a run is stopped: they are all held in memory, at about 250 bytes each. */
    public static final int MOST_OPERATIONS = 8_000_000;

    private final long epochNanos;
    private final AtomicInteger clients;
    private final List<Operation> operations = new ArrayList<>();
    private final List<FaultWindow> faults;
    private final List<Phase> phases;

    public Recorder() {
        this(System.nanoTime(), new AtomicInteger(), new ArrayList<>(), new ArrayList<>());
    }

    private Recorder(long epochNanos, AtomicInteger clients, List<FaultWindow> faults, List<Phase> phases) {
        this.epochNanos = epochNanos;
        this.clients = clients;
        this.faults = faults;
        this.phases = phases;
    }

    /** A recorder of operations of its own in the same run: time, client numbers, faults and phases are shared. */
    public Recorder part() {
        return new Recorder(epochNanos, clients, faults, phases);
    }

    /** Nanoseconds since the run began. */
    public long now() {
        return System.nanoTime() - epochNanos;
    }

    /** A number that no client of this run had before. */
    public int newClient() {
        return clients.getAndIncrement();
    }

    public void add(Operation operation) {
        synchronized (operations) {
            if (operations.size() == MOST_OPERATIONS) {
                throw new IllegalStateException("more than " + MOST_OPERATIONS + " operations in one run");
            }
            operations.add(operation);
        }
    }

    public void add(FaultWindow fault) {
        synchronized (faults) {
            faults.add(fault);
        }
    }

    public void add(Phase phase) {
        synchronized (phases) {
            phases.add(phase);
        }
    }

    /** The operations that returned after {@code sinceNanos}, those with the latest returns first to be found. */
    public List<Operation> since(long sinceNanos) {
        synchronized (operations) {
            int first = operations.size();
            while (first > 0 && operations.get(first - 1).ret() >= sinceNanos) {
                first--;
            }
            return List.copyOf(operations.subList(first, operations.size()));
        }
    }

    /** Operations so far. */
    public int size() {
        synchronized (operations) {
            return operations.size();
        }
    }

    /** What was taken down so far. */
    public History history(java.util.Map<String, Object> about) {
        List<Operation> allOperations;
        List<FaultWindow> allFaults;
        List<Phase> allPhases;
        synchronized (operations) {
            allOperations = List.copyOf(operations);
        }
        synchronized (faults) {
            allFaults = List.copyOf(faults);
        }
        synchronized (phases) {
            allPhases = List.copyOf(phases);
        }
        return new History(about, allOperations, allFaults, allPhases);
    }
}
