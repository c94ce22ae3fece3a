package io.cairn.gossip.claims;

/**
 * A node's word that it votes for nobody in the place of a shard's primary, and stands for it itself no more, because the shard is about to
 * leave gossip mode or has left it (SAFETY 19). It is kept over restarts; only {@link ClaimsNode#settlePromises} ends it.
 *
 * @param cluster whose log counts the attempts, 40 hex digits
 * @param attempt of two promises of one cluster the higher one is the later one
 * @param primaryId the shard's primary
 * @param slots exactly those that it owns
 * @param configEpoch of its claim
 */
public record Promise(String cluster, long attempt, String primaryId, SlotSet slots, long configEpoch) {}
