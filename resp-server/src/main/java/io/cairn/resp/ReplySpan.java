package io.cairn.resp;

/** Finds where encoded replies end, to put the replies of an EXEC together. The bytes are our own, so well formed. */
final class ReplySpan {
    private ReplySpan() {}

    /** Offset after the reply that begins at {@code from}. */
    static int end(byte[] bytes, int from) {
        int at = from;
        long open = 1;
        while (open > 0) {
            int type = bytes[at];
            int line = at + 1;
            while (bytes[line] != '\r') {
                line++;
            }
            long value = sized(type) ? number(bytes, at + 1, line) : 0;
            at = line + 2;
            open--;
            switch (type) {
                case '$', '=', '!' -> at += value < 0 ? 0 : (int) value + 2;
                case '*', '~', '>' -> open += Math.max(0, value);
                case '%' -> open += 2 * value;
                case '|' -> open += 2 * value + 1;
                default -> {}
            }
        }
        return at;
    }

    private static boolean sized(int type) {
        return "$=!*~>%|".indexOf(type) >= 0;
    }

    private static long number(byte[] bytes, int from, int to) {
        long value = 0;
        boolean negative = bytes[from] == '-';
        for (int i = negative ? from + 1 : from; i < to; i++) {
            value = value * 10 + (bytes[i] - '0');
        }
        return negative ? -value : value;
    }
}
