package io.cairn.jepsen.stall;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The long form of StallsIT, by hand: {@code [full | brief | FIELDS,BYTES,SECONDS,KEYS] [port] [most milliseconds of a PING]}.
 */
public final class Main {
    private Main() {}

    /** Exit codes: 0 no node looked dead, 1 one did. */
    public static void main(String[] args) throws Exception {
        Sizes sizes = sizes(args.length > 0 ? args[0] : "full");
        int port = args.length > 1 ? Integer.parseInt(args[1]) : 21600;
        long mostMillis = args.length > 2 ? Long.parseLong(args[2]) : 2_000;
        Path directory = Files.createTempDirectory("cairn-stalls-");
        List<String> violations;
        try (CairnCluster cluster = new CairnCluster(
                Distribution.find(), directory, port, ClusterOptions.DEMO.withHeap(sizes.heapMegabytes()))) {
            violations = new Stalls(cluster, sizes, mostMillis, System.out).run();
        }
        violations.forEach(System.out::println);
        if (violations.isEmpty()) {
            Disk.delete(directory);
        } else {
            System.out.println("kept " + directory);
        }
        System.exit(violations.isEmpty() ? 0 : 1);
    }

    private static Sizes sizes(String text) {
        return switch (text) {
            case "full" -> Sizes.FULL;
            case "brief" -> Sizes.BRIEF;
            default -> {
                int[] numbers = Stream.of(text.split(",", -1))
                        .mapToInt(Integer::parseInt)
                        .toArray();
                yield new Sizes(numbers[0], numbers[1], numbers[2], numbers[3], Sizes.FULL.heapMegabytes());
            }
        };
    }
}
