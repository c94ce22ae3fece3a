package io.cairn.gossip;

import io.scalecube.cluster.Member;
import io.scalecube.cluster.membership.MemberStatus;
import io.scalecube.cluster.transport.api.Message;
import java.io.Externalizable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The only classes that travel. ScaleCube keeps most of them package-private, so they are named here and made through
 * their public constructors; nothing else is ever looked up by a name from the wire.
 */
enum WireType {
    NULL(0, null),
    STRING(1, "java.lang.String"),
    BYTES(2, "[B"),
    MESSAGE(3, "io.scalecube.cluster.transport.api.Message"),
    MEMBER(4, "io.scalecube.cluster.Member"),
    RECORD(5, "io.scalecube.cluster.membership.MembershipRecord"),
    STATUS(6, "io.scalecube.cluster.membership.MemberStatus"),
    SYNC(7, "io.scalecube.cluster.membership.SyncData"),
    PING(8, "io.scalecube.cluster.fdetector.PingData"),
    ACK(9, "io.scalecube.cluster.fdetector.PingData$AckType"),
    GOSSIP_REQUEST(10, "io.scalecube.cluster.gossip.GossipRequest"),
    GOSSIP(11, "io.scalecube.cluster.gossip.Gossip"),
    METADATA_REQUEST(12, "io.scalecube.cluster.metadata.GetMetadataRequest"),
    METADATA_RESPONSE(13, "io.scalecube.cluster.metadata.GetMetadataResponse");

    private static final WireType[] ALL = values();
    private static final Map<Class<?>, WireType> BY_CLASS = new HashMap<>();

    static {
        for (WireType type : ALL) {
            if (type.javaClass != null) {
                BY_CLASS.put(type.javaClass, type);
            }
        }
        if (MESSAGE.javaClass != Message.class || MEMBER.javaClass != Member.class) {
            throw new IllegalStateException("ScaleCube's classes moved");
        }
    }

    private final int tag;
    private final @Nullable Class<?> javaClass;

    WireType(int tag, @Nullable String className) {
        this.tag = tag;
        try {
            javaClass = className == null ? null : Class.forName(className);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("ScaleCube has no class " + className, e);
        }
    }

    static WireType of(@Nullable Object value) throws WireException {
        if (value == null) {
            return NULL;
        }
        WireType type = BY_CLASS.get(value.getClass());
        if (type == null) {
            throw new WireException("a " + value.getClass().getName() + " does not travel");
        }
        return type;
    }

    static WireType ofTag(int tag) throws WireException {
        for (WireType type : ALL) {
            if (type.tag == tag) {
                return type;
            }
        }
        throw new WireException("unknown type " + tag);
    }

    int tag() {
        return tag;
    }

    /** True where ScaleCube writes numbers of elements with writeInt: all but a record, whose number is its incarnation. */
    boolean intsAreCounts() {
        return this != RECORD;
    }

    /** The constants of an enum type in the order of their codes, which never changes. */
    private List<Object> constants() throws WireException {
        if (this == STATUS) {
            return List.of(MemberStatus.ALIVE, MemberStatus.SUSPECT, MemberStatus.LEAVING, MemberStatus.DEAD);
        }
        if (this != ACK || javaClass == null) {
            throw new WireException(this + " has no constants");
        }
        Object ok = Void.class;
        Object gone = Void.class;
        for (Object constant : javaClass.getEnumConstants()) {
            if (constant.toString().equals("DEST_OK")) {
                ok = constant;
            } else if (constant.toString().equals("DEST_GONE")) {
                gone = constant;
            }
        }
        return List.of(ok, gone);
    }

    Object constant(int code) throws WireException {
        List<Object> constants = constants();
        if (code >= constants.size()) {
            throw new WireException("no constant " + code + " of " + this);
        }
        return constants.get(code);
    }

    int code(Object constant) throws WireException {
        int code = constants().indexOf(constant);
        if (code < 0) {
            throw new WireException(constant + " does not travel");
        }
        return code;
    }

    /** An empty instance to read into. */
    Externalizable create() throws WireException {
        if (javaClass == null) {
            throw new WireException(this + " has no fields");
        }
        try {
            var constructor = javaClass.getDeclaredConstructor();
            constructor.setAccessible(true);
            return (Externalizable) constructor.newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            throw new WireException("cannot make a " + this + ": " + e);
        }
    }

    /** Whether this type may hold {@code child} at that position; anything else would break ScaleCube from inside. */
    boolean mayHold(WireType child, int position) {
        return switch (this) {
            case MESSAGE -> true; // Checked as a whole by MessageRules.
            case RECORD -> child == (position == 0 ? MEMBER : STATUS);
            case SYNC -> child == RECORD;
            case PING -> position < 2 ? child == MEMBER : child == NULL || child == (position == 2 ? MEMBER : ACK);
            case GOSSIP_REQUEST -> child == GOSSIP;
            case GOSSIP -> child == MESSAGE;
            case METADATA_REQUEST, METADATA_RESPONSE -> child == MEMBER;
            case NULL, STRING, BYTES, MEMBER, STATUS, ACK -> false;
        };
    }
}
