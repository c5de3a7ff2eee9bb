namespace DiffusionSharp.Imaging.Shapes;

/// <summary>One shape fitted to a picture: its pose, its colours and what they leave unexplained.</summary>
/// <param name="Kind">The shape.</param>
/// <param name="Pose">Where it lies.</param>
/// <param name="Colours">Colours of object and background.</param>
/// <param name="Misfit">What is unexplained.</param>
internal sealed record ShapeMatch(ShapeKind Kind, ShapePose Pose, ShapeColours Colours, ShapeMisfit Misfit)
{
    /// <summary>Shapes that get the full fit, after a quick one of all.</summary>
    private const int Finalists = 2;

    /// <summary>The shape that explains a picture best.</summary>
    /// <param name="picture">[3, size, size], 0…1.</param>
    /// <param name="size">Side in pixels.</param>
    /// <param name="alpha">[size, size] a first soft mask.</param>
    public static ShapeMatch Best(ReadOnlySpan<float> picture, int size, float[] alpha)
    {
        var fit = new ShapeFit(size);
        var quick = Enum.GetValues<ShapeKind>()
            .Select(kind => (Kind: kind, Fit: fit.Improve(kind, alpha, fit.Guess(kind, alpha), rounds: 4)))
            .OrderBy(q => q.Fit.Error)
            .Take(Finalists)
            .ToArray();
        ShapeMatch? best = null;
        foreach (var (kind, (pose, _)) in quick)
        {
            var match = Refine(picture, size, kind, pose, fit);
            best = best is null || match.Misfit.Total < best.Misfit.Total ? match : best;
        }

        return best!;
    }

    /// <summary>Fits colours to the mask and the mask to the colours, in turn.</summary>
    private static ShapeMatch Refine(ReadOnlySpan<float> picture, int size, ShapeKind kind, ShapePose pose, ShapeFit fit)
    {
        const int rounds = 3;
        float[] cover = new float[size * size], alpha = new float[size * size], rest = new float[3 * size * size];
        for (var round = 0; ; round++)
        {
            pose.Cover(kind, size, cover);
            var colours = ShapeColours.Fit(picture, cover, size);
            colours.Explain(picture, cover, size, rest, alpha);
            if (round == rounds)
            {
                return new ShapeMatch(kind, pose, colours, ShapeMisfit.Measure(rest, size, kind, pose));
            }

            (pose, _) = fit.Improve(kind, alpha, pose, rounds: 4);
        }
    }
}
