package io.cairn.cli;

import java.net.InetSocketAddress;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The cluster that a command is about: nodes of it, and who asks them. */
final class ClusterNodes {
    @Parameters(
            arity = "0..*",
            paramLabel = "host:port",
            defaultValue = "127.0.0.1:7001",
            description = "Nodes to ask; the first that answers does (default: ${DEFAULT-VALUE}).")
    private List<String> nodes = List.of();

    @Mixin
    final Login login = new Login();

    List<InetSocketAddress> addresses() {
        return ClusterClient.addresses(nodes);
    }
}
