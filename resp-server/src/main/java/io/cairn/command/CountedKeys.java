package io.cairn.command;

/** Keys whose number is an argument before them: {@code numkeys key [key ...]}. */
final class CountedKeys {
    private CountedKeys() {}

    /** The number of keys is argument {@code index}. */
    static KeySpec at(int index) {
        return KeySpec.movable(args -> positions(args, index, 0));
    }

    /** As {@link #at}, after a key at argument 1 under which the result is stored. */
    static KeySpec behindDestination(int index) {
        return new KeySpec(1, 1, 1, args -> positions(args, index, 1));
    }

    private static int[] positions(Args args, int index, int before) {
        long number = number(args, index);
        if (number < 1 || number > args.count() - index - 1) {
            number = 0;
        }
        int[] positions = new int[before + (int) number];
        if (before > 0) {
            positions[0] = 1;
        }
        for (int i = before; i < positions.length; i++) {
            positions[i] = index + 1 + i - before;
        }
        return positions;
    }

    /** The number that an argument is, -1 if it is none. */
    static long number(Args args, int i) {
        if (i >= args.count() || !Decimal.fits(args.address(i), args.length(i))) {
            return -1;
        }
        return Decimal.parse(args.address(i), args.length(i));
    }
}
