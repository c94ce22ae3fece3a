package io.cairn.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Who a command of the command line is at the nodes it calls: its options, or REDISCLI_AUTH for the password. */
final class Login {
    private static final String NEEDS_NONE = "called without any password configured";

    @Option(names = "--user", description = "User to log in as.")
    @Nullable
    String user;

    @Option(
            names = {"-a", "--pass"},
            description = "Password; better in the environment variable REDISCLI_AUTH.")
    @Nullable
    String password;

    /** What picocli fills. */
    Login() {}

    Login(@Nullable String user, @Nullable String password) {
        this.user = user;
        this.password = password;
    }

    /** Logs in nowhere, whatever the environment says: for nodes that the command has started itself. */
    static Login none() {
        return new Login(null, "");
    }

    /** The password, or null for none. */
    @Nullable
    String secret() {
        String given = password != null ? password : System.getenv("REDISCLI_AUTH");
        return given == null || given.isEmpty() ? null : given;
    }

    /**
     * A connection that is logged in, unless there is no password. A server that asks for none is none the worse, as for
     * redis-cli. Every call of it is bounded by the timeout.
     */
    RespClient connect(InetSocketAddress node, int timeoutMillis) throws IOException {
        RespClient client = new RespClient(node.getHostString(), node.getPort(), timeoutMillis);
        try {
            String secret = secret();
            if (secret != null) {
                client.call(user == null ? new String[] {"AUTH", secret} : new String[] {"AUTH", user, secret});
            }
            return client;
        } catch (RespClient.ErrorReply e) {
            if (String.valueOf(e.getMessage()).contains(NEEDS_NONE)) {
                return client;
            }
            client.close();
            throw e;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }
}
