package io.cairn.script;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import party.iroiro.luajava.JFunction;
import party.iroiro.luajava.Lua;

/**
 * A Java function that scripts call. No exception may leave it: luajava would show the script a Java object, and with
 * it the whole JVM.
 */
final class NativeFunction implements JFunction {
    private static final Logger LOG = LoggerFactory.getLogger(NativeFunction.class);

    private final LuaState state;
    private final Body body;

    /** What the function does. */
    @FunctionalInterface
    interface Body {
        /**
         * Arguments are at 1 to top of {@code l}.
         *
         * @return number of results on top of the stack
         */
        int run(long l);
    }

    NativeFunction(LuaState state, Body body) {
        this.state = state;
        this.body = body;
    }

    @Override
    public int __call(Lua on) {
        long l = on.getPointer();
        try {
            return body.run(l);
        } catch (LuaError e) {
            state.pushError(l, e);
        } catch (StackOverflowError e) {
            state.pushAscii(l, "stack overflow");
        } catch (OutOfMemoryError e) {
            state.pushAscii(l, "not enough memory");
        } catch (RuntimeException | Error e) {
            LOG.error("a function of scripts failed", e);
            state.pushAscii(l, "internal error");
        }
        return -1;
    }
}
