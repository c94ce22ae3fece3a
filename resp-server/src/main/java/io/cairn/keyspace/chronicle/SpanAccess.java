package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;
import net.openhft.chronicle.algo.hashing.LongHashFunction;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.PointerBytesStore;
import net.openhft.chronicle.bytes.RandomDataInput;
import net.openhft.chronicle.bytes.RandomDataOutput;
import net.openhft.chronicle.hash.AbstractData;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.hash.serialization.DataAccess;
import net.openhft.chronicle.hash.serialization.SizedReader;
import net.openhft.chronicle.wire.WireIn;
import net.openhft.chronicle.wire.WireOut;
import org.jspecify.annotations.Nullable;

/** Lets Chronicle Map read keys where they lie, hash them with our hash and compare them eight bytes at a time. */
final class SpanAccess extends AbstractData<Span> implements DataAccess<Span>, SizedReader<Span> {
    private PointerBytesStore bytes = BytesStore.nativePointer();
    private Span span = new Span();

    @Override
    public Data<Span> getData(Span instance) {
        span = instance;
        bytes.set(instance.address, instance.length);
        return this;
    }

    @Override
    public void uninit() {
        // The span belongs to the table and is reused; there is nothing to forget.
    }

    @Override
    public DataAccess<Span> copy() {
        return new SpanAccess();
    }

    @Override
    public RandomDataInput bytes() {
        return bytes;
    }

    @Override
    public long offset() {
        return bytes.start();
    }

    @Override
    public long size() {
        return span.length;
    }

    @Override
    public long hash(LongHashFunction function) {
        return span.hash;
    }

    @Override
    public boolean equivalent(RandomDataInput source, long sourceOffset) {
        return Memory.same(((BytesStore<?, ?>) source).addressForRead(sourceOffset), span.address, span.length);
    }

    @Override
    @SuppressWarnings("rawtypes") // as the interface of Chronicle Map declares it
    public void writeTo(RandomDataOutput target, long targetOffset) {
        Memory.copy(span.address, target.addressForWrite(targetOffset), span.length);
    }

    @Override
    public Span get() {
        return span;
    }

    @Override
    public Span getUsing(@Nullable Span using) {
        Span to = using == null ? new Span() : using;
        return to.set(span.address, span.length, span.hash);
    }

    @Override
    public Span read(Bytes<?> in, long size, @Nullable Span using) {
        Span to = using == null ? new Span() : using;
        return to.set(in.addressForRead(in.readPosition()), (int) size, 0);
    }

    @Override
    public void writeMarshallable(WireOut wire) {
        // Stateless: nothing to write.
    }

    @Override
    public void readMarshallable(WireIn wire) {
        bytes = BytesStore.nativePointer();
        span = new Span();
    }

    @Override
    public String toString() {
        return "SpanAccess";
    }
}
