//! Medians and quartiles.

/// Where the middle half of some values lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The first quartile.
    pub(crate) low: f64,
    pub(crate) median: f64,
    /// The third quartile.
    pub(crate) high: f64,
}

impl Spread {
    /// NaN throughout if there are no values.
    pub(crate) fn of(values: &[f64]) -> Spread {
        let values = sorted(values);
        Spread { low: quantile(&values, 0.25), median: quantile(&values, 0.5), high: quantile(&values, 0.75) }
    }

    /// Of the quotients of what was measured in the same round. So a round that was slow for both counts as any other.
    pub(crate) fn of_ratios(of: &[f64], to: &[f64]) -> Spread {
        let ratios: Vec<f64> = of.iter().zip(to).map(|(of, to)| of / to).collect();
        Spread::of(&ratios)
    }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(&sorted(values), 0.5)
}

pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Of sorted values; between two of them in proportion.
pub(crate) fn quantile(sorted: &[f64], at: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = at * last as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * part
}

#[cfg(test)]
mod tests {
    use super::{Spread, median, quantile, sorted};

    #[test]
    fn the_median_of_an_odd_number_is_the_one_in_the_middle() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(&[7.0]), 7.0);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), 3.0);
    }

    #[test]
    fn nothing_has_no_median() {
        assert!(median(&[]).is_nan());
        assert!(Spread::of_ratios(&[], &[]).median.is_nan());
    }

    #[test]
    fn quantiles_go_from_the_least_to_the_most() {
        let values = sorted(&[30.0, 10.0, 20.0]);
        assert_eq!(quantile(&values, 0.0), 10.0);
        assert_eq!(quantile(&values, 0.25), 15.0);
        assert_eq!(quantile(&values, 1.0), 30.0);
    }

    #[test]
    fn a_ratio_is_taken_in_its_round() {
        // The second round was ten times as slow for both. The medians alone would say 10 / 4.
        let ratios = Spread::of_ratios(&[2.0, 20.0, 10.0], &[1.0, 10.0, 4.0]);
        assert_eq!(ratios, Spread { low: 2.0, median: 2.0, high: 2.25 });
    }
}
