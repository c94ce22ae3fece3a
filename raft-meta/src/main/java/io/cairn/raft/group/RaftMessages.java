package io.cairn.raft.group;

import com.alipay.sofa.jraft.rpc.RpcRequests;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The library's own messages by a stable one-byte type: the only ones that this port parses. */
final class RaftMessages {
    static final byte APPEND_ENTRIES = 1;
    static final byte REQUEST_VOTE = 2;
    static final byte TIMEOUT_NOW = 3;
    static final byte INSTALL_SNAPSHOT = 4;
    static final byte GET_FILE = 5;
    static final byte READ_INDEX = 6;

    private static final Map<Class<?>, Byte> TYPES = new HashMap<>();
    private static final Map<Byte, Parser<? extends Message>> PARSERS = new HashMap<>();

    static {
        add(APPEND_ENTRIES, RpcRequests.AppendEntriesRequest.getDefaultInstance());
        add(REQUEST_VOTE, RpcRequests.RequestVoteRequest.getDefaultInstance());
        add(TIMEOUT_NOW, RpcRequests.TimeoutNowRequest.getDefaultInstance());
        add(INSTALL_SNAPSHOT, RpcRequests.InstallSnapshotRequest.getDefaultInstance());
        add(GET_FILE, RpcRequests.GetFileRequest.getDefaultInstance());
        add(READ_INDEX, RpcRequests.ReadIndexRequest.getDefaultInstance());
        add((byte) 64, RpcRequests.ErrorResponse.getDefaultInstance());
        add((byte) 65, RpcRequests.AppendEntriesResponse.getDefaultInstance());
        add((byte) 66, RpcRequests.RequestVoteResponse.getDefaultInstance());
        add((byte) 67, RpcRequests.TimeoutNowResponse.getDefaultInstance());
        add((byte) 68, RpcRequests.InstallSnapshotResponse.getDefaultInstance());
        add((byte) 69, RpcRequests.GetFileResponse.getDefaultInstance());
        add((byte) 70, RpcRequests.ReadIndexResponse.getDefaultInstance());
    }

    private RaftMessages() {}

    private static void add(byte type, Message example) {
        TYPES.put(example.getClass(), type);
        PARSERS.put(type, example.getParserForType());
    }

    static byte type(Message message) {
        Byte type = TYPES.get(message.getClass());
        if (type == null) {
            throw new IllegalArgumentException("not a message of this port: " + message.getClass());
        }
        return type;
    }

    static ByteBuf encode(ByteBufAllocator allocator, byte kind, long id, int lane, Message message) {
        int bytes = message.getSerializedSize();
        ByteBuf out = Frame.header(allocator, kind, type(message), id, lane, bytes);
        try {
            CodedOutputStream coded = CodedOutputStream.newInstance(out.nioBuffer(out.writerIndex(), bytes));
            message.writeTo(coded);
            coded.flush();
        } catch (IOException e) {
            out.release();
            throw new UncheckedIOException("a message is larger than it said", e);
        }
        return out.writerIndex(out.writerIndex() + bytes);
    }

    /** Parses a payload, which is then owned by the message; null when the type is none of ours. */
    static @Nullable Message parse(byte type, byte[] payload) throws InvalidProtocolBufferException {
        Parser<? extends Message> parser = PARSERS.get(type);
        if (parser == null) {
            return null;
        }
        ByteString bytes = UnsafeByteOperations.unsafeWrap(payload);
        CodedInputStream in = bytes.newCodedInput();
        in.enableAliasing(true);
        Message message = parser.parseFrom(in);
        in.checkLastTagWas(0);
        return message;
    }
}
