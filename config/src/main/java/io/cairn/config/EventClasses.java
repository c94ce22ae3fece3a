package io.cairn.config;

/**
 * Which keyspace events are published, and on which channels: {@code notify-keyspace-events}. Redis: notify.c.
 *
 * @param bits one for each letter of {@link #LETTERS}
 */
public record EventClasses(int bits) {
    /** Nothing is published. */
    public static final EventClasses NONE = new EventClasses(0);

    /** The letters in the order in which they are shown; a letter's place is its bit. */
    private static final String LETTERS = "g$lshzxetdnKEm";

    /** What {@code A} stands for: all classes but n (new key) and m (key miss). */
    private static final int ALL = bits("g$lshzxetd");

    private static int bits(String letters) {
        int bits = 0;
        for (int i = 0; i < letters.length(); i++) {
            bits |= bit(letters.charAt(i));
        }
        return bits;
    }

    /** The bit of a class or kind of channel, 0 for a letter that is none. */
    public static int bit(char letter) {
        int at = LETTERS.indexOf(letter);
        return at < 0 ? 0 : 1 << at;
    }

    static EventClasses parse(String text) throws BadValueException {
        int bits = 0;
        for (int i = 0; i < text.length(); i++) {
            int bit = text.charAt(i) == 'A' ? ALL : bit(text.charAt(i));
            if (bit == 0) {
                throw new BadValueException("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
            }
            bits |= bit;
        }
        return new EventClasses(bits);
    }

    /** As CONFIG GET shows it. Like Redis 7.0 it does not show n beside A. */
    String shown() {
        return shown(false);
    }

    /** With every letter. */
    String whole() {
        return shown(true);
    }

    private String shown(boolean whole) {
        boolean all = (bits & ALL) == ALL;
        StringBuilder text = new StringBuilder(all ? "A" : "");
        for (int i = 0; i < LETTERS.length(); i++) {
            int bit = 1 << i;
            boolean hidden = all && ((ALL & bit) != 0 || (LETTERS.charAt(i) == 'n' && !whole));
            if ((bits & bit) != 0 && !hidden) {
                text.append(LETTERS.charAt(i));
            }
        }
        return text.toString();
    }
}
