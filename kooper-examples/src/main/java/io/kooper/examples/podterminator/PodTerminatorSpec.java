package io.kooper.examples.podterminator;

import java.util.Map;

/**
 * @param selector labels of the pods to terminate, in all namespaces
 * @param periodSeconds how often
 * @param terminationPercent how many of them each time, rounded down
 * @param minimumInstances how many are left alive at least
 * @param dryRun only say what would be terminated
 */
public record PodTerminatorSpec(
    Map<String, String> selector, int periodSeconds, int terminationPercent, int minimumInstances, boolean dryRun) {}
