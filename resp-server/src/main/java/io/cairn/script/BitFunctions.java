package io.cairn.script;

import party.iroiro.luajava.lua51.Lua51Natives;

/** The table {@code bit}: operations on 32 bits, with LuaBitOp's results. */
final class BitFunctions {
    /** 2^52 + 2^51: adding it leaves an integer's low bits at the end of the fraction. */
    private static final double SHIFT = 6755399441055744.0;

    private static final int HEX_DIGITS = 8;

    private final LuaState state;
    private final Lua51Natives natives;

    BitFunctions(LuaState state) {
        this.state = state;
        this.natives = state.natives;
    }

    @FunctionalInterface
    private interface Operation {
        int of(int a, int b);
    }

    void fill(LuaState.Table to) {
        to.function("tobit", l -> answer(l, argument(l, 1)));
        to.function("bnot", l -> answer(l, ~argument(l, 1)));
        to.function("band", l -> all(l, (a, b) -> a & b));
        to.function("bor", l -> all(l, (a, b) -> a | b));
        to.function("bxor", l -> all(l, (a, b) -> a ^ b));
        to.function("lshift", l -> shift(l, (a, n) -> a << n));
        to.function("rshift", l -> shift(l, (a, n) -> a >>> n));
        to.function("arshift", l -> shift(l, (a, n) -> a >> n));
        to.function("rol", l -> shift(l, Integer::rotateLeft));
        to.function("ror", l -> shift(l, Integer::rotateRight));
        to.function("bswap", l -> answer(l, Integer.reverseBytes(argument(l, 1))));
        to.function("tohex", this::toHex);
    }

    private int argument(long l, int index) {
        int bits = (int) Double.doubleToRawLongBits(natives.lua_tonumber(l, index) + SHIFT);
        if (bits == 0 && natives.lua_isnumber(l, index) == 0) {
            throw state.typeError(l, index, "number");
        }
        return bits;
    }

    private int answer(long l, int bits) {
        natives.lua_pushnumber(l, bits);
        return 1;
    }

    private int all(long l, Operation operation) {
        int bits = argument(l, 1);
        for (int i = natives.lua_gettop(l); i > 1; i--) {
            bits = operation.of(bits, argument(l, i));
        }
        return answer(l, bits);
    }

    private int shift(long l, Operation operation) {
        int bits = argument(l, 1);
        return answer(l, operation.of(bits, argument(l, 2) & 31));
    }

    private int toHex(long l) {
        int bits = argument(l, 1);
        int digits = natives.lua_gettop(l) < 2 ? HEX_DIGITS : argument(l, 2);
        boolean upper = digits < 0;
        int shown = Math.min(HEX_DIGITS, digits == Integer.MIN_VALUE ? HEX_DIGITS : Math.abs(digits));
        String hex = String.format("%08x", bits).substring(HEX_DIGITS - shown);
        state.pushAscii(l, upper ? hex.toUpperCase(java.util.Locale.ROOT) : hex);
        return 1;
    }
}
