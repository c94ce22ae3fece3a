package io.cairn.command;

/** Answers of the HELP subcommands. Redis: addReplyHelp. */
final class HelpText {
    private HelpText() {}

    /**
     * Answers the lines of a container's help.
     *
     * @param container in upper case
     * @param lines a line with a subcommand's syntax, then lines that say what it does, indented by four
     */
    static void reply(Reply reply, String container, String... lines) {
        reply.array(lines.length + 3);
        reply.simple(container + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        for (String line : lines) {
            reply.simple(line);
        }
        reply.simple("HELP");
        reply.simple("    Print this help.");
    }
}
