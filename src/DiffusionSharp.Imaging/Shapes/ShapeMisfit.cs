namespace DiffusionSharp.Imaging.Shapes;

/// <summary>What a fitted drawing leaves unexplained, as root mean squares over the three channels.</summary>
/// <param name="Total">Over all pixels.</param>
/// <param name="Edge">Over pixels near the outline, where a bent shape shows.</param>
/// <param name="Away">Over the others, where noise shows.</param>
/// <param name="Patches">Over the others after a 3×3 mean and less what noise leaves there: a patchy colour.</param>
/// <param name="Worst">The largest 3×3 mean among the others (not a root mean square): a second object.</param>
internal readonly record struct ShapeMisfit(double Total, double Edge, double Away, double Patches, double Worst)
{
    /// <summary>How far the outline's neighbourhood reaches, as a part of the frame (1.5 of 32 pixels).</summary>
    private const double Near = 1.5 / 32;

    /// <summary>What a 3×3 mean divides the variance of white noise by: 9, and less where the window is cut.</summary>
    private const double NoiseDivisor = 7;

    /// <summary>Pixels a mean needs to count.</summary>
    private const int MinNeighbours = 4;

    /// <summary>Measures what is left of a picture.</summary>
    /// <param name="rest">[3, size, size] picture minus drawing.</param>
    /// <param name="size">Side in pixels.</param>
    /// <param name="kind">The shape.</param>
    /// <param name="pose">Its place.</param>
    public static ShapeMisfit Measure(ReadOnlySpan<float> rest, int size, ShapeKind kind, ShapePose pose)
    {
        var plane = size * size;
        var away = new bool[plane];
        double cos = Math.Cos(pose.Rotation), sin = Math.Sin(pose.Rotation);
        for (var i = 0; i < plane; i++)
        {
            double dx = (i % size) + 0.5 - pose.CentreX, dy = (i / size) + 0.5 - pose.CentreY;
            away[i] = Math.Abs(ShapeOutline.Distance(kind, (cos * dx) + (sin * dy), (cos * dy) - (sin * dx), pose.Radius)) >= Near * size;
        }

        double edgeSum = 0, awaySum = 0, patchSum = 0, worst = 0;
        int edgeCount = 0, awayCount = 0;
        for (var i = 0; i < plane; i++)
        {
            for (var c = 0; c < 3; c++)
            {
                double square = rest[i + (c * plane)] * rest[i + (c * plane)];
                if (away[i])
                {
                    var mean = MeanAround(rest.Slice(c * plane, plane), away, size, i);
                    awaySum += square;
                    patchSum += mean * mean;
                    worst = Math.Max(worst, Math.Abs(mean));
                    awayCount++;
                }
                else
                {
                    edgeSum += square;
                    edgeCount++;
                }
            }
        }

        return new ShapeMisfit(
            Math.Sqrt((edgeSum + awaySum) / rest.Length),
            Math.Sqrt(edgeSum / Math.Max(1, edgeCount)),
            Math.Sqrt(awaySum / Math.Max(1, awayCount)),
            Math.Sqrt(Math.Max(0, patchSum - (awaySum / NoiseDivisor)) / Math.Max(1, awayCount)),
            worst);
    }

    private static double MeanAround(ReadOnlySpan<float> rest, bool[] away, int size, int i)
    {
        int x = i % size, y = i / size, count = 0;
        var sum = 0.0;
        for (var row = Math.Max(0, y - 1); row <= Math.Min(size - 1, y + 1); row++)
        {
            for (var column = Math.Max(0, x - 1); column <= Math.Min(size - 1, x + 1); column++)
            {
                var at = (row * size) + column;
                if (away[at])
                {
                    sum += rest[at];
                    count++;
                }
            }
        }

        return count < MinNeighbours ? 0 : sum / count;
    }
}
