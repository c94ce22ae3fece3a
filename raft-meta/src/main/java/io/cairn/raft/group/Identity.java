package io.cairn.raft.group;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** What a host says of itself in handshakes: its node id, its cluster when it has one, and proofs of the secret. */
final class Identity {
    static final int NONCE_BYTES = 16;
    static final int PROOF_BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";

    private final String nodeId;
    private final byte[] secret;
    private final SecureRandom random = new SecureRandom();
    private volatile @Nullable String clusterId;

    Identity(String nodeId, @Nullable String clusterId, byte[] secret) {
        this.nodeId = nodeId;
        this.clusterId = clusterId;
        // An empty key is not allowed; a single zero byte stands for "no secret".
        this.secret = secret.length == 0 ? new byte[1] : secret.clone();
    }

    String nodeId() {
        return nodeId;
    }

    @Nullable
    String clusterId() {
        return clusterId;
    }

    /** Sets the cluster id once; false when it is already another one. */
    synchronized boolean join(String id) {
        String now = clusterId;
        if (now == null) {
            clusterId = id;
            return true;
        }
        return now.equals(id);
    }

    /** From one cluster to another; false when it is in neither. */
    synchronized boolean move(String from, String to) {
        String now = clusterId;
        if (!from.equals(now) && !to.equals(now)) {
            return false;
        }
        clusterId = to;
        return true;
    }

    byte[] nonce() {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return nonce;
    }

    /** HMAC-SHA256 over the side's name and what both have sent so far, so that no proof fits another handshake. */
    byte[] proof(String side, byte[]... transcript) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            mac.update(side.getBytes(StandardCharsets.US_ASCII));
            for (byte[] part : transcript) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    boolean proves(byte[] given, String side, byte[]... transcript) {
        return MessageDigest.isEqual(given, proof(side, transcript));
    }
}
