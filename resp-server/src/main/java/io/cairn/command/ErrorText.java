package io.cairn.command;

/** Error lines that more than one family answers, worded as Redis 7.0 words them (its shared.* objects). */
final class ErrorText {
    static final String SYNTAX = "ERR syntax error";
    static final String WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
    static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    static final String INT_RANGE = "ERR value is out of range, value must between -2147483648 and 2147483647";
    static final String NOT_A_FLOAT = "ERR value is not a valid float";
    static final String NOT_POSITIVE = "ERR value is out of range, must be positive";
    static final String NO_SUCH_KEY = "ERR no such key";
    static final String SAME_OBJECT = "ERR source and destination objects are the same";
    static final String DATABASE_RANGE = "ERR DB index is out of range";
    static final String STRING_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

    private ErrorText() {}

    /** Redis: addReplyErrorArity. */
    static String arity(String command) {
        return "ERR wrong number of arguments for '" + command + "' command";
    }

    /** Redis: addReplyErrorExpireTime. */
    static String expireTime(String command) {
        return "ERR invalid expire time in '" + command + "' command";
    }

    /** Redis: addReplySubcommandSyntaxError. */
    static String subcommand(String container, String subcommand) {
        return "ERR unknown subcommand or wrong number of arguments for '" + shorten(subcommand, 128) + "'. Try "
                + container + " HELP.";
    }

    /** An argument as an error line shows it: C's %s ends at the first NUL. */
    static String argument(Args args, int i) {
        String text = args.text(i);
        int end = text.indexOf(0);
        return end < 0 ? text : text.substring(0, end);
    }

    /** The message of an exception whose message is an error line. */
    static String message(Exception e) {
        String message = e.getMessage();
        return message == null ? "ERR " + e.getClass().getSimpleName() : message;
    }

    private static String shorten(String text, int limit) {
        return text.length() <= limit ? text : text.substring(0, limit);
    }
}
