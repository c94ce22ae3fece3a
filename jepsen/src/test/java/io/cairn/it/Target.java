package io.cairn.it;

import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.StandaloneServer;
import java.nio.file.Path;
import java.util.List;

/** The server under test: Cairn, or with {@code -Dcairn.target=redis} a real redis-server, to try the tests themselves. */
final class Target {
    private Target() {}

    static boolean isRedis() {
        return System.getProperty("cairn.target", "cairn").equals("redis");
    }

    /** Starts a standalone server; the arguments mean the same to both. */
    static StandaloneServer standalone(List<String> heap, Path directory, int port, String... arguments) {
        return isRedis()
                ? StandaloneServer.redis(directory, port, arguments)
                : StandaloneServer.cairn(Distribution.find(), heap, directory, port, arguments);
    }
}
