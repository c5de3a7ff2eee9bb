namespace DiffusionSharp.Imaging.Shapes;

/// <summary>What <see cref="ShapesChecker"/> found in a picture.</summary>
/// <param name="IsShape">True when the picture is a clean drawing of one shape in one hue on a plain background.</param>
/// <param name="Shape">The shape that fits best, also when the picture is no shape (<see cref="ShapeKind.Disc"/> where not even the background is smooth).</param>
/// <param name="Hue">HSV hue of the object in degrees, [0, 360).</param>
/// <param name="HueBin">The hue's bin, see <see cref="ShapeHue"/>.</param>
/// <param name="Residual">Root mean square of what the best drawing leaves unexplained (where the background is not smooth: of the frame's border); levels are 0…1.</param>
/// <param name="Reason">Why it is no shape; empty when it is one.</param>
public readonly record struct ShapeVerdict(bool IsShape, ShapeKind Shape, double Hue, int HueBin, double Residual, string Reason);
