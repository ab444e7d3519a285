package io.kooper.crd;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kooper.internal.Throwables;
import java.time.Duration;

/** What the API server's refusals mean here, and what to do about them. */
final class CrdFailures {

  private CrdFailures() {}

  /**
   * Whether the same may succeed later: without a response (the code is 0, or -1), when the server is busy, when a permission
   * is granted meanwhile, or when another was faster and the definition is to be read again.
   */
  static boolean mayPass(String verb, KubernetesClientException e) {
    return isNotServedYet(e) && (e.getCode() != 404 || verb.equals("update"))
        || isRefusal(e) || e.getCode() == 409 || e.getCode() >= 500;
  }

  /** Whether somebody has to grant something. */
  static boolean isRefusal(KubernetesClientException e) {
    return e.getCode() == 401 || e.getCode() == 403;
  }

  /**
   * Whether a failed list of objects says that they cannot be listed yet: the version is not served, or its storage begins.
   * Any other response comes from a server that has got past that; the permission to list all of them is not needed.
   */
  static boolean isNotServedYet(KubernetesClientException e) {
    return e.getCode() <= 0 || e.getCode() == 404 || e.getCode() == 408 || e.getCode() == 429 || e.getCode() == 503;
  }

  /** How long the server asks to wait, zero when it does not say. */
  static Duration retryAfter(KubernetesClientException e) {
    Status status = e.getStatus();
    Integer seconds = status == null || status.getDetails() == null ? null : status.getDetails().getRetryAfterSeconds();
    return seconds == null ? Duration.ZERO : Duration.ofSeconds(seconds);
  }

  /** Such as {@code cannot create the CustomResourceDefinition "foos.example.com": 403 Forbidden, ".."; grant ..}. */
  static String message(String verb, String name, KubernetesClientException e) {
    return "cannot " + verb + " the CustomResourceDefinition \"" + name + "\": " + words(e) + switch (e.getCode()) {
      case 401 -> "; the API server does not accept the client's credentials";
      case 403 -> "; grant the verb \"" + verb + "\" on resource \"customresourcedefinitions\" of API group"
          + " \"apiextensions.k8s.io\" by a ClusterRole and a ClusterRoleBinding, with the rule {apiGroups:"
          + " [apiextensions.k8s.io], resources: [customresourcedefinitions], "
          + (verb.equals("create") ? "" : "resourceNames: [" + name + "], ") // what has no name yet is not granted by name
          + "verbs: [" + verb + "]}"
          + (verb.equals("create") ? ", or install the definition by other means" : "")
          + (verb.equals("update") ? ", or keep the existing definition by CrdPolicy.KEEP" : "");
      case 404 -> verb.equals("create") ? "; does the API server know apiextensions.k8s.io/v1?" : "";
      default -> "";
    };
  }

  /** The server's words, or why it has said nothing. */
  static String words(KubernetesClientException e) {
    Status status = e.getStatus();
    return e.getCode() <= 0 || status == null || status.getMessage() == null ? Throwables.message(e)
        : e.getCode() + (status.getReason() == null ? "" : " " + status.getReason()) + ", \"" + status.getMessage() + '"';
  }
}
