//! The pictures.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;

use crate::measure::Role;
use crate::section::Plot;

const SIZE: (u32, u32) = (960, 540);
const FONT: &str = "sans-serif";
const OURS: RGBColor = RGBColor(200, 30, 30);

/// Of the others, in their order.
const THEIRS: [RGBColor; 10] = [
    RGBColor(31, 119, 180),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(23, 190, 207),
    RGBColor(188, 189, 34),
    RGBColor(227, 119, 194),
    RGBColor(255, 127, 14),
    RGBColor(90, 90, 90),
    RGBColor(170, 170, 170),
];

pub(crate) fn draw(plot: &Plot, into: &Path) -> Result<(), Box<dyn Error>> {
    let path = into.join(plot.file).with_extension("svg");
    let root = SVGBackend::new(&path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let points = || plot.curves.iter().flat_map(|curve| &curve.points);
    let x = range(points().map(|point| point.0)).log_scale();
    let y = range(points().map(|point| point.1));
    let mut builder = ChartBuilder::on(&root);
    builder.caption(plot.title, (FONT, 20)).margin(16).x_label_area_size(48).y_label_area_size(72);
    if plot.log_y {
        curves(plot, builder.build_cartesian_2d(x, y.log_scale())?)?;
    } else {
        curves(plot, builder.build_cartesian_2d(x, 0.0..y.end)?)?;
    }
    root.present()?;
    Ok(())
}

type Chart<'a, X, Y> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>;

fn curves<X, Y>(plot: &Plot, mut chart: Chart<'_, X, Y>) -> Result<(), Box<dyn Error>>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut mesh = chart.configure_mesh();
    mesh.x_desc(plot.x).y_desc(plot.y).label_style((FONT, 14)).light_line_style(RGBColor(240, 240, 240));
    mesh.x_label_formatter(&short).y_label_formatter(&short).draw()?;
    let mut colours = THEIRS.iter().cycle();
    for curve in &plot.curves {
        let (colour, width) = match curve.role {
            Role::Bridge => (OURS, 4),
            Role::Peer | Role::Limit => (*colours.next().unwrap_or(&BLACK), 2),
        };
        let style = colour.stroke_width(width);
        let drawn = chart.draw_series(LineSeries::new(curve.points.iter().copied(), style))?;
        drawn.label(&curve.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    let mut legend = chart.configure_series_labels();
    legend.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).border_style(THEIRS[9]);
    legend.label_font((FONT, 13)).draw()?;
    Ok(())
}

/// A power of ten that holds them, and a little air.
fn range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite() && *value > 0.0) {
        least = least.min(value);
        most = most.max(value);
    }
    if least > most {
        return 1.0..10.0;
    }
    least * 0.9..most * 1.1
}

fn short(value: &f64) -> String {
    match value.abs() {
        1e6.. => format!("{} M", value / 1e6),
        1e3.. => format!("{} k", value / 1e3),
        _ => format!("{value}"),
    }
}
