//! A small curve in a line of text.

/// The heights that a letter can show.
const LETTERS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The course of a number, in so many letters at most. When there are more values, each letter stands for the mean of
/// as many as it takes.
#[derive(Debug)]
pub struct Sparkline {
    width: usize,
    /// Number of values a letter stands for.
    per_letter: usize,
    /// The sums of values and their numbers.
    bins: Vec<(f64, usize)>,
}

impl Sparkline {
    /// An empty curve of so many letters at most, an even number.
    pub fn new(width: usize) -> Self {
        Sparkline { width, per_letter: 1, bins: Vec::new() }
    }

    /// Adds a value to the end.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        match self.bins.last_mut() {
            Some((sum, count)) if *count < self.per_letter => (*sum, *count) = (*sum + value, *count + 1),
            _ => self.bins.push((value, 1)),
        }
        if self.bins.len() > self.width {
            self.bins = self
                .bins
                .chunks(2)
                .map(|pair| pair.iter().fold((0.0, 0), |a, b| (a.0 + b.0, a.1 + b.1)))
                .collect();
            self.per_letter *= 2;
        }
    }

    /// The curve, from its least value to its largest; nothing before there are two.
    pub fn text(&self) -> String {
        let means: Vec<f64> = self.bins.iter().map(|(sum, count)| sum / *count as f64).collect();
        if means.len() < 2 {
            return String::new();
        }
        let (least, largest) = means.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
        let letter = |mean: &f64| {
            let height = (mean - least) / (largest - least).max(f64::MIN_POSITIVE);
            LETTERS[((height * 8.0) as usize).min(7)]
        };
        means.iter().map(letter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_shows_its_course_in_few_letters() {
        let mut curve = Sparkline::new(8);
        assert_eq!(curve.text(), "");
        (0..8).for_each(|i| curve.add(f64::from(i)));
        assert_eq!(curve.text(), "▁▂▃▄▅▆▇█");
        (8..160).for_each(|i| curve.add(f64::from(i)));
        let text = curve.text();
        assert!((4..=8).contains(&text.chars().count()), "{text}");
        assert!(text.starts_with('▁') && text.ends_with('█'), "{text}");
        let mut flat = Sparkline::new(4);
        [3.0, f64::NAN, 3.0, 3.0].into_iter().for_each(|value| flat.add(value));
        assert_eq!(flat.text(), "▁▁▁");
    }
}
