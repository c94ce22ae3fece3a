package io.cairn.gossip.claims;

import java.util.List;
import java.util.Map;

/**
 * What a node must still know after a crash.
 *
 * @param self its own claim
 * @param others claims of the nodes it knows
 * @param lastVoteEpoch no vote is ever given in this epoch again, or in one before it, but to {@code lastVotedFor}
 * @param migrating slots to the id of whom they go to
 * @param importing slots to the id of whom they come from
 * @param promises shards that this node votes for nobody in
 */
public record Saved(
        Claim self,
        List<Claim> others,
        long currentEpoch,
        long lastVoteEpoch,
        String lastVotedFor,
        List<Grant> grants,
        List<Ban> bans,
        Map<Integer, String> migrating,
        Map<Integer, String> importing,
        List<Promise> promises) {}
