//! Groups of metrics that are drawn in one panel.

/// The panel in which a metric is shown. The losses share one, and metrics that a model reports for its
/// discriminator (`d_…`) and its generator (`g_…`) share theirs: they are read against each other.
/// Everything else has a panel of its own, with what the test set gave under the same name.
pub fn panel_of(metric: &str) -> &str {
    if metric == "loss" || metric.ends_with("_loss") {
        return "loss";
    }
    let of_one_player = metric.strip_prefix("d_").or_else(|| metric.strip_prefix("g_"));
    of_one_player.filter(|name| !name.is_empty()).unwrap_or(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_players_share_panels() {
        for (metric, panel) in [
            ("loss", "loss"),
            ("d_loss", "loss"),
            ("critic_loss", "loss"),
            ("d_gradient", "gradient"),
            ("g_gradient", "gradient"),
            ("kl", "kl"),
            ("d_", "d_"),
            ("neg_elbo", "neg_elbo"),
        ] {
            assert_eq!(panel_of(metric), panel);
        }
    }
}
