//! The pictures.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::measure::Role;
use crate::section::{Curve, Plot, Shape};

const SIZE: (u32, u32) = (1080, 540);
/// How much of the width the names of the curves have.
const NAMES: u32 = 260;
const FONT: &str = "sans-serif";

/// Of ours, in their order.
const OURS: [RGBColor; 4] =
    [RGBColor(200, 30, 30), RGBColor(255, 127, 14), RGBColor(130, 10, 70), RGBColor(240, 150, 150)];

/// Of the others, in their order.
const THEIRS: [RGBColor; 10] = [
    RGBColor(31, 119, 180),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(23, 190, 207),
    RGBColor(188, 189, 34),
    RGBColor(227, 119, 194),
    RGBColor(60, 60, 140),
    RGBColor(90, 90, 90),
    RGBColor(170, 170, 170),
];

pub(crate) fn draw(plot: &Plot, into: &Path) -> Result<(), Box<dyn Error>> {
    let path = into.join(plot.file).with_extension("svg");
    let root = SVGBackend::new(&path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (chart, names) = root.split_horizontally(SIZE.0 - NAMES);
    let points = || plot.curves.iter().flat_map(|curve| &curve.points);
    let x = range(points().map(|point| point.0));
    let y = range(points().map(|point| point.1));
    let mut builder = ChartBuilder::on(&chart);
    builder.caption(plot.title, (FONT, 20)).margin(16).x_label_area_size(48).y_label_area_size(72);
    match &plot.shape {
        Shape::Lines => curves(plot, builder.build_cartesian_2d(x.log_scale(), 0.0..y.end)?)?,
        Shape::LogLines => {
            // From a power of ten, which has a label.
            let least = 10_f64.powf(y.start.log10().floor());
            curves(plot, builder.build_cartesian_2d(x.log_scale(), (least..y.end).log_scale())?)?;
        }
        Shape::Bars(groups) => {
            let width = groups.len() as f64;
            bars(plot, groups, builder.build_cartesian_2d(0.0..width, 0.0..y.end)?)?;
        }
    }
    legend(plot, &names)?;
    root.present()?;
    Ok(())
}

type Area<'a, C> = DrawingArea<SVGBackend<'a>, C>;

fn curves<X, Y>(
    plot: &Plot,
    mut chart: ChartContext<'_, SVGBackend<'_>, Cartesian2d<X, Y>>,
) -> Result<(), Box<dyn Error>>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut mesh = chart.configure_mesh();
    mesh.x_desc(plot.x).y_desc(plot.y).label_style((FONT, 14)).light_line_style(RGBColor(240, 240, 240));
    mesh.x_label_formatter(&short).y_label_formatter(&short).draw()?;
    for (curve, style) in plot.curves.iter().zip(styles(plot)) {
        chart.draw_series(LineSeries::new(curve.points.iter().copied(), style))?;
    }
    Ok(())
}

/// How much of a group's width its bars have.
const FILLED: f64 = 0.86;

fn bars(
    plot: &Plot,
    groups: &[String],
    mut chart: ChartContext<'_, SVGBackend<'_>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
) -> Result<(), Box<dyn Error>> {
    let mut mesh = chart.configure_mesh();
    mesh.y_desc(plot.y).label_style((FONT, 14)).light_line_style(RGBColor(240, 240, 240));
    mesh.disable_x_mesh().disable_x_axis().y_label_formatter(&short).draw()?;
    let width = FILLED / plot.curves.len() as f64;
    for (place, (curve, style)) in plot.curves.iter().zip(styles(plot)).enumerate() {
        let bar = |&(group, value): &(f64, f64)| {
            let left = group + (1.0 - FILLED) / 2.0 + width * place as f64;
            Rectangle::new([(left, 0.0), (left + width, value)], style.filled())
        };
        chart.draw_series(curve.points.iter().map(bar))?;
    }
    let area = chart.plotting_area();
    let (columns, rows) = area.dim_in_pixel();
    let area = area.strip_coord_spec();
    for (place, group) in (0..).zip(groups) {
        let left = place * i32::try_from(columns)? / i32::try_from(groups.len())?;
        area.draw(&Text::new(group.as_str(), (left + 12, i32::try_from(rows)? + 8), (FONT, 14)))?;
    }
    Ok(())
}

/// Beside the curves, where it hides none.
fn legend(plot: &Plot, area: &Area<'_, Shift>) -> Result<(), Box<dyn Error>> {
    for (row, (curve, style)) in (0..).zip(plot.curves.iter().zip(styles(plot))) {
        let y = 60 + 24 * row;
        area.draw(&PathElement::new([(0, y), (24, y)], style))?;
        area.draw(&Text::new(curve.name.as_str(), (32, y - 7), (FONT, 14)))?;
    }
    Ok(())
}

fn styles(plot: &Plot) -> Vec<ShapeStyle> {
    let (mut ours, mut colours) = (OURS.iter().cycle(), THEIRS.iter().cycle());
    let style = |curve: &Curve| match curve.role {
        Role::Bridge => ours.next().unwrap_or(&BLACK).stroke_width(4),
        Role::Peer | Role::OnCaller | Role::Limit => colours.next().unwrap_or(&BLACK).stroke_width(2),
    };
    plot.curves.iter().map(style).collect()
}

/// What holds them, and a little air.
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
