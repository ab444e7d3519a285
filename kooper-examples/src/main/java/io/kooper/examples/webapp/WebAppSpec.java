package io.kooper.examples.webapp;

/**
 * @param image of the container, which serves HTTP on port 8080
 * @param replicas how many pods
 * @param host the name under which it is to be found
 */
public record WebAppSpec(String image, int replicas, String host) {}
