package io.cairn.config;

/** The endpoint that MOVED and CLUSTER SLOTS name. */
public enum EndpointType {
    IP,
    HOSTNAME,
    UNKNOWN_ENDPOINT
}
