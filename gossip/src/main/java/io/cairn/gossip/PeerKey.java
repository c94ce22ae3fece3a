package io.cairn.gossip;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What cluster-peer-secret does to the frames of a connection: nothing if it is empty, else HMAC-SHA256. */
final class PeerKey {
    /** Bytes of a seal. */
    static final int SEAL_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";

    private final byte[] secret;

    PeerKey(String secret) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
    }

    /** True if frames carry a seal. */
    boolean sealed() {
        return secret.length > 0;
    }

    int sealBytes() {
        return sealed() ? SEAL_BYTES : 0;
    }

    /** The seals of one connection, in order; not safe for several threads. */
    Seals seals(byte[] nonce) {
        if (!sealed()) {
            throw new IllegalStateException("there is no secret");
        }
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            return new Seals(mac, nonce.clone());
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    /**
     * Seals cover the receiver's nonce, the number of the frame on its connection, and the payload: a recorded frame is
     * worth nothing on another connection, and none can be repeated, dropped or moved within one.
     */
    static final class Seals {
        private final Mac mac;
        private final byte[] nonce;
        private long frame;

        private Seals(Mac mac, byte[] nonce) {
            this.mac = mac;
            this.nonce = nonce;
        }

        byte[] next(byte[] payload) {
            mac.update(nonce);
            long number = frame++;
            for (int shift = 56; shift >= 0; shift -= 8) {
                mac.update((byte) (number >>> shift));
            }
            return mac.doFinal(payload);
        }
    }
}
