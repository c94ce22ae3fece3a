package io.cairn.keyspace.chronicle;

import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.RandomDataInput;
import net.openhft.chronicle.bytes.RandomDataOutput;
import net.openhft.chronicle.hash.AbstractData;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.hash.serialization.DataAccess;
import net.openhft.chronicle.hash.serialization.SizedReader;
import net.openhft.chronicle.wire.WireIn;
import net.openhft.chronicle.wire.WireOut;
import org.jspecify.annotations.Nullable;

/** Lets a {@link Payload} write itself into the table. It is never read back through Chronicle Map, only by address. */
final class PayloadAccess extends AbstractData<Payload> implements DataAccess<Payload>, SizedReader<Payload> {
    private Payload payload = new Payload();

    @Override
    public Data<Payload> getData(Payload instance) {
        payload = instance;
        return this;
    }

    @Override
    public void uninit() {
        // The payload belongs to the table and is reused; there is nothing to forget.
    }

    @Override
    public DataAccess<Payload> copy() {
        return new PayloadAccess();
    }

    @Override
    public RandomDataInput bytes() {
        throw new UnsupportedOperationException("a payload has no bytes before it is written");
    }

    @Override
    public long offset() {
        throw new UnsupportedOperationException("a payload has no bytes before it is written");
    }

    @Override
    public long size() {
        return payload.size();
    }

    @Override
    @SuppressWarnings("rawtypes") // as the interface of Chronicle Map declares it
    public void writeTo(RandomDataOutput target, long targetOffset) {
        payload.writeTo(target.addressForWrite(targetOffset));
    }

    @Override
    public Payload get() {
        return payload;
    }

    @Override
    public Payload getUsing(@Nullable Payload using) {
        throw new UnsupportedOperationException("payloads are read by address");
    }

    @Override
    public Payload read(Bytes<?> in, long size, @Nullable Payload using) {
        throw new UnsupportedOperationException("payloads are read by address");
    }

    @Override
    public void writeMarshallable(WireOut wire) {
        // Stateless: nothing to write.
    }

    @Override
    public void readMarshallable(WireIn wire) {
        payload = new Payload();
    }

    @Override
    public String toString() {
        return "PayloadAccess";
    }
}
