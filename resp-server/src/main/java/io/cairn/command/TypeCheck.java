package io.cairn.command;

import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;

/** Whether a key holds what a command is for. Redis: checkType. */
final class TypeCheck {
    private TypeCheck() {}

    /** True if {@code value} is of this type; otherwise answers the error. */
    static boolean is(Call call, Value value, ValueType type) {
        if (value.type == type) {
            return true;
        }
        call.reply().error(ErrorText.WRONG_TYPE);
        return false;
    }
}
