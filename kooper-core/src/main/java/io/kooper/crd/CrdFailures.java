package io.kooper.crd;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;

/** What the API server's refusals mean here, and what to do about them. */
final class CrdFailures {

  private CrdFailures() {}

  /** Whether the same request may succeed later. Without a code (it is 0, or -1) there was no answer. */
  static boolean isTransient(KubernetesClientException e) {
    return e.getCode() <= 0 || e.getCode() == 408 || e.getCode() == 429 || e.getCode() >= 500;
  }

  /** Whether another was faster: the definition is to be read again. */
  static boolean isRace(String verb, KubernetesClientException e) {
    return e.getCode() == 409 || verb.equals("update") && e.getCode() == 404;
  }

  /** How long the server asks to wait, zero when it does not say. */
  static Duration retryAfter(KubernetesClientException e) {
    Status status = e.getStatus();
    Integer seconds = status == null || status.getDetails() == null ? null : status.getDetails().getRetryAfterSeconds();
    return seconds == null ? Duration.ZERO : Duration.ofSeconds(seconds);
  }

  /** Such as {@code cannot create the CustomResourceDefinition "foos.example.com": 403 Forbidden, ".."; grant ..}. */
  static String message(String verb, String name, KubernetesClientException e) {
    Status status = e.getStatus();
    StringBuilder message = new StringBuilder("cannot ").append(verb)
        .append(" the CustomResourceDefinition \"").append(name).append("\": ");
    if (e.getCode() <= 0 || status == null || status.getMessage() == null) {
      message.append(e.getCause() == null ? e.getMessage() : e.getCause()); // the message is then that of the cause, or none
    } else {
      message.append(e.getCode()).append(status.getReason() == null ? "" : " " + status.getReason())
          .append(", \"").append(status.getMessage()).append('"');
    }
    return message.append(advice(verb, name, e.getCode())).toString();
  }

  private static String advice(String verb, String name, int code) {
    return switch (code) {
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
}
