package io.cairn.jepsen.net;

/**
 * Who is at an end of a connection: a process, the clients that sit beside one, or those outside. All of 127.0.0.0/8 is
 * this machine, so that each of them has an address of its own and a proxy knows who dials.
 *
 * @param process the process, or the one beside which the clients sit; -1 outside
 */
public record Endpoint(Kind kind, int process) {
    /** What is there. */
    public enum Kind {
        PROCESS,
        CLIENTS_BESIDE,
        CLIENTS_OUTSIDE
    }

    /** Clients that sit beside no process: a partition leaves them on the side of the majority. */
    public static final Endpoint OUTSIDE = new Endpoint(Kind.CLIENTS_OUTSIDE, -1);

    public static Endpoint process(int process) {
        return new Endpoint(Kind.PROCESS, process);
    }

    /** Clients that a partition leaves on the side of this process. */
    public static Endpoint beside(int process) {
        return new Endpoint(Kind.CLIENTS_BESIDE, process);
    }

    /** Where a process really listens ({@code bind}) and what it dials from ({@code bind-source-addr}). */
    public static String bound(int process) {
        return "127.0.1." + (process + 1);
    }

    /** Where others find a process ({@code cluster-announce-ip}): the proxies. */
    public static String announced(int process) {
        return "127.0.2." + (process + 1);
    }

    /** The local address that connections from here are made from. */
    public String source() {
        return switch (kind) {
            case PROCESS -> bound(process);
            case CLIENTS_BESIDE -> "127.0.3." + (process + 1);
            case CLIENTS_OUTSIDE -> "127.0.0.1";
        };
    }

    /**
     * What its connections show at the far end of a proxy. A process shows the address it announces: who learns a peer's
     * address from its connection must not learn a way around the proxies.
     */
    String shown() {
        return kind == Kind.PROCESS ? announced(process) : source();
    }

    /** A number below {@code 2 * processes + 1}. */
    int number(int processes) {
        return switch (kind) {
            case PROCESS -> process;
            case CLIENTS_BESIDE -> processes + process;
            case CLIENTS_OUTSIDE -> 2 * processes;
        };
    }

    /** Who dials from this address; anything unknown is outside. */
    static Endpoint of(String source, int processes) {
        for (int p = 0; p < processes; p++) {
            if (source.equals(bound(p))) {
                return process(p);
            }
            if (source.equals(beside(p).source())) {
                return beside(p);
            }
        }
        return OUTSIDE;
    }

    @Override
    public String toString() {
        return switch (kind) {
            case PROCESS -> "process " + process;
            case CLIENTS_BESIDE -> "clients beside " + process;
            case CLIENTS_OUTSIDE -> "clients outside";
        };
    }
}
