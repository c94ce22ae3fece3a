package io.cairn.cluster;

import io.cairn.cluster.PeerMessages.Audience;
import io.cairn.gossip.claims.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Who is there to be sent to in gossip mode: the nodes that are believed to live. Confined to one thread. */
final class GossipAudience implements Supplier<Audience> {
    private final Supplier<Picture> pictures;
    private Audience audience = Audience.NOBODY;

    GossipAudience(Supplier<Picture> pictures) {
        this.pictures = pictures;
    }

    @Override
    public Audience get() {
        Picture picture = pictures.get();
        String self = picture.self().id();
        String shard = picture.self().isPrimary() ? self : picture.self().primaryId();
        List<String> all = new ArrayList<>();
        List<String> own = new ArrayList<>();
        for (Picture.Node node : picture.nodes().values()) {
            String id = node.claim().id();
            if (!id.equals(self) && node.isUp()) {
                all.add(id);
                if (id.equals(shard) || node.claim().primaryId().equals(shard)) {
                    own.add(id);
                }
            }
        }
        Audience now = new Audience(all, own);
        if (!now.equals(audience)) {
            audience = now;
        }
        return audience;
    }
}
