package io.cairn.command;

import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import org.jspecify.annotations.Nullable;

/** The bytes of a string value, whatever its encoding: where they lie, or digits written for the purpose. Redis: getObjectReadOnlyString. */
final class StringBytes implements AutoCloseable {
    final long address;
    final int length;
    private final @Nullable NativeBlock digits;

    /** Valid until the next change of the database, as the view is. */
    StringBytes(Value value) {
        if (value.encoding == Value.INT) {
            NativeBlock block = NativeBlock.allocate(Decimal.MAX_LENGTH);
            this.digits = block;
            this.address = block.address();
            this.length = Decimal.write(value.number, address);
        } else {
            this.digits = null;
            this.address = value.address;
            this.length = value.length;
        }
    }

    @Override
    public void close() {
        if (digits != null) {
            digits.release();
        }
    }
}
