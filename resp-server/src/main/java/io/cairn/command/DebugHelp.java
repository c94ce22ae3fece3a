package io.cairn.command;

/** DEBUG HELP, in our own words. */
final class DebugHelp {
    private DebugHelp() {}

    static void reply(Reply reply) {
        HelpText.reply(
                reply,
                "DEBUG",
                "CHANGE-REPL-ID",
                "    Give the history of a standalone node another replication id.",
                "DIGEST [EXACT]",
                "    A digest of all keys here; EXACT takes in the times of expiry and the versions too.",
                "DIGEST-VALUE <key> [<key> ...]",
                "    A digest of each key's value.",
                "ERROR <string>",
                "    Answer <string> as an error.",
                "JMAP",
                "    The classes with the most objects in the heap of the JVM.",
                "LISTPACK <key>",
                "    Write the elements of a listpack to the log.",
                "LOADAOF",
                "    Load snapshot and log of a standalone node again.",
                "LOG <message>",
                "    Write <message> to the log.",
                "OBJECT <key>",
                "    How the value of <key> is kept: encoding, serialized length, access clock.",
                "PROTOCOL <type>",
                "    A value of a type of the protocol: string, integer, double, bignum, null, array, set, map, attrib,",
                "    push, verbatim, true, false.",
                "QUICKLIST <key> [<0|1>]",
                "    Write the nodes of a list to the log.",
                "QUICKLIST-PACKED-THRESHOLD <size>",
                "    Size from which on a list element gets a node of its own; 0 restores 1 GB.",
                "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
                "    Save the data to the RDB file, empty the databases, load the file. A raft node takes its own data",
                "    through a snapshot and back, and knows no options.",
                "SET-ACTIVE-EXPIRE <0|1>",
                "    Setting it to 0 disables expiring keys in background when they are not accessed.",
                "SLEEP <seconds>",
                "    Answer after <seconds>; other connections do not wait.",
                "STRINGMATCH-LEN <length> <pattern>",
                "    Whether <length> times the letter a matches <pattern>.");
    }
}
