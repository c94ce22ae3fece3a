package io.cairn.script;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A function library that was loaded into the interpreter.
 *
 * @param text with its first line
 * @param functions in the order they were registered
 */
record FunctionLibrary(String name, byte[] text, List<Function> functions) {
    /**
     * A function of it.
     *
     * @param flags as those of {@link Script}
     * @param reference of the Lua function
     */
    record Function(String name, @Nullable String description, int flags, int reference) {
        /** As the script that runs; its name is what errors show. */
        Script script() {
            return new Script(name, new byte[0], flags | Script.FUNCTION, 0);
        }
    }
}
