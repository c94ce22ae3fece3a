package io.cairn.gossip;

import io.scalecube.cluster.Member;
import io.scalecube.cluster.transport.api.Message;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a message must be before ScaleCube may see it. ScaleCube casts without looking, and one ClassCastException ends
 * the subscription of its failure detector for good, so every message is checked whole at the door.
 */
final class MessageRules {
    static final String SYNC = "sc/membership/sync";
    static final String MEMBERSHIP_GOSSIP = "sc/membership/gossip";
    static final String PING = "sc/fdetector/ping";
    static final String PING_ACK = "sc/fdetector/pingAck";
    /** Ours: soft states of several nodes. */
    static final String STATE = "cairn/state";
    /** Ours: what {@link Gossip#send} sends. */
    static final String DIRECT = "cairn/direct";
    /** Bytes of a direct message: it may be the first one of a connection. */
    static final int MAX_MESSAGE_BYTES = 120 * 1024;
    /** All members share one namespace; others are refused. */
    static final String NAMESPACE = "cairn";

    /** Bytes of a header, an id or an address. */
    static final int MAX_TEXT = 512;

    private static final int MAX_HEADERS = 8;
    private static final int MAX_PORT = 65_535;

    private static final Map<String, WireType> DATA_OF = Map.of(
            SYNC,
            WireType.SYNC,
            "sc/membership/syncAck",
            WireType.SYNC,
            PING,
            WireType.PING,
            "sc/fdetector/pingReq",
            WireType.PING,
            PING_ACK,
            WireType.PING,
            "sc/gossip/req",
            WireType.GOSSIP_REQUEST,
            "sc/metadata/req",
            WireType.METADATA_REQUEST,
            "sc/metadata/resp",
            WireType.METADATA_RESPONSE,
            STATE,
            WireType.BYTES,
            DIRECT,
            WireType.BYTES);

    private MessageRules() {}

    /** A message that travels by itself. */
    static void checkOuter(Message message) throws WireException {
        WireType expected = checkHeaders(message) == null ? null : DATA_OF.get(message.qualifier());
        if (expected == null || WireType.of(message.data()) != expected) {
            throw new WireException("a message '" + message.qualifier() + "' with the wrong content");
        }
        checkAddress(message.sender());
        boolean answered = expected == WireType.PING
                || expected == WireType.METADATA_REQUEST
                || expected == WireType.METADATA_RESPONSE;
        if (answered && message.correlationId() == null) {
            throw new WireException("a message '" + message.qualifier() + "' without a correlation id");
        }
    }

    /** A message inside a gossip: membership only. */
    static void checkGossiped(Message message) throws WireException {
        checkHeaders(message);
        if (!MEMBERSHIP_GOSSIP.equals(message.qualifier()) || WireType.of(message.data()) != WireType.RECORD) {
            throw new WireException("a gossip '" + message.qualifier() + "' that is not about a member");
        }
    }

    private static @Nullable String checkHeaders(Message message) throws WireException {
        if (message.headers().size() > MAX_HEADERS) {
            throw new WireException("too many headers");
        }
        return message.qualifier();
    }

    static void checkMember(Member member) throws WireException {
        if (!NAMESPACE.equals(member.namespace()) || member.id().isEmpty() || member.alias() != null) {
            throw new WireException("not a member of ours: " + member.id());
        }
        checkAddress(member.address());
    }

    private static void checkAddress(@Nullable String address) throws WireException {
        int colon = address == null ? -1 : address.lastIndexOf(':');
        if (address == null || colon < 1 || address.length() > MAX_TEXT || address.length() - colon > 6) {
            throw new WireException("not an address: " + address);
        }
        int port = 0;
        for (int i = colon + 1; i < address.length(); i++) {
            char c = address.charAt(i);
            if (c < '0' || c > '9') {
                throw new WireException("not an address: " + address);
            }
            port = port * 10 + (c - '0');
        }
        if (port < 1 || port > MAX_PORT) {
            throw new WireException("not an address: " + address);
        }
    }
}
