package io.cairn.command;

import java.util.List;

/**
 * What CLIENT TRACKING ON was told.
 *
 * @param broadcast BCAST: told of all keys with one of the prefixes, read or not
 * @param optIn keys are remembered only after CLIENT CACHING YES
 * @param optOut keys are remembered but after CLIENT CACHING NO
 * @param noLoop not told of its own changes
 * @param redirect id of the connection that is told instead, 0 for none
 * @param prefixes of BCAST
 */
public record TrackingOptions(
        boolean broadcast, boolean optIn, boolean optOut, boolean noLoop, long redirect, List<byte[]> prefixes) {}
