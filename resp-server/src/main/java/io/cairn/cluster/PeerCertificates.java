package io.cairn.cluster;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mutual TLS between nodes ({@code cluster-tls-*}): makes the engines of connections and reads the files again when they
 * change. What cannot be read then is said, and the certificates in use stay.
 */
final class PeerCertificates implements Function<Boolean, SSLEngine> {
    private static final Logger LOG = LoggerFactory.getLogger(PeerCertificates.class);
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private final Path certificate;
    private final Path key;
    private final Path authority;
    private List<FileTime> stamps;
    /** Why the files cannot be read, as it was said last. */
    private String told = "";

    private volatile Contexts contexts;

    private record Contexts(SslContext server, SslContext client) {}

    private PeerCertificates(Path certificate, Path key, Path authority) throws IOException {
        this.certificate = certificate;
        this.key = key;
        this.authority = authority;
        this.stamps = stamps();
        this.contexts = read();
    }

    /**
     * Reads three files; null when none is named.
     *
     * @throws IOException when only some are named, or one cannot be used
     */
    static @Nullable PeerCertificates of(String certificate, String key, String authority) throws IOException {
        if (certificate.isEmpty() && key.isEmpty() && authority.isEmpty()) {
            return null;
        }
        if (certificate.isEmpty() || key.isEmpty() || authority.isEmpty()) {
            throw new IOException(
                    "cluster-tls-cert-file, cluster-tls-key-file and cluster-tls-ca-cert-file go together: set all or none");
        }
        return new PeerCertificates(Path.of(certificate), Path.of(key), Path.of(authority));
    }

    /** An engine for one connection; true for the side that connects. Any thread. */
    @Override
    public SSLEngine apply(Boolean client) {
        Contexts now = contexts;
        return (client ? now.client() : now.server()).newEngine(ByteBufAllocator.DEFAULT);
    }

    /** Takes over files that have changed; true when it did. One thread, now and then. */
    boolean look() {
        try {
            List<FileTime> now = stamps();
            if (!now.equals(stamps)) {
                // They may be written one after the other, within one tick of their clock: what fails is read again.
                contexts = read();
                stamps = now;
                told = "";
                LOG.info("new certificates for connections to peers: {}", certificate);
                return true;
            }
        } catch (IOException e) {
            String why = e.toString();
            if (!why.equals(told)) {
                told = why;
                LOG.warn("the certificates for peers stay as they are: {}", why);
            }
        }
        return false;
    }

    private List<FileTime> stamps() throws IOException {
        return List.of(
                Files.getLastModifiedTime(certificate),
                Files.getLastModifiedTime(key),
                Files.getLastModifiedTime(authority));
    }

    private Contexts read() throws IOException {
        try {
            SslContext server = SslContextBuilder.forServer(certificate.toFile(), key.toFile())
                    .sslProvider(SslProvider.JDK)
                    .trustManager(authority.toFile())
                    .clientAuth(ClientAuth.REQUIRE)
                    .protocols(PROTOCOLS)
                    .build();
            // Peers are known by their certificates' issuer and prove their node ids themselves: addresses may change.
            SslContext client = SslContextBuilder.forClient()
                    .sslProvider(SslProvider.JDK)
                    .keyManager(certificate.toFile(), key.toFile())
                    .trustManager(authority.toFile())
                    .endpointIdentificationAlgorithm(null)
                    .protocols(PROTOCOLS)
                    .build();
            return new Contexts(server, client);
        } catch (SSLException | IllegalArgumentException e) {
            throw new IOException(
                    "cluster-tls-cert-file " + certificate + ", cluster-tls-key-file " + key
                            + " or cluster-tls-ca-cert-file " + authority + " cannot be used: " + e.getMessage(),
                    e);
        }
    }
}
