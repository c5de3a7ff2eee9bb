using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Verbs.Sequence;

/// <summary>x_t and the prediction of x0 after evenly chosen steps, as levels.</summary>
internal sealed class StepFrames
{
    private const long MostBytes = 1L << 30;

    private readonly ImageShape shape;
    private readonly int images;
    private readonly SamplingPlan plan;
    private readonly PixelTransform transform;

    // [2, N, C, H, W] of each frame: x_t of all images, then x0 of all.
    private readonly byte[][] pixels;

    /// <summary>Chooses the steps: the first, the last, and evenly between them.</summary>
    /// <param name="plan">The steps; those that call the network are shown.</param>
    /// <param name="shape">Shape of one image.</param>
    /// <param name="images">How many images.</param>
    /// <param name="frames">How many steps at most.</param>
    /// <param name="transform">What the network learned of levels.</param>
    public StepFrames(SamplingPlan plan, ImageShape shape, int images, int frames, PixelTransform transform)
    {
        (this.plan, this.shape, this.images, this.transform) = (plan, shape, images, transform);
        int[] calling = [.. plan.Steps.Index().Where(s => s.Item.Timestep is not null).Select(s => s.Index)];
        if (calling.Length == 0)
        {
            throw new DiffusionException(ErrorKind.Usage, "no step calls the network, so that there is nothing to show; give a higher --strength");
        }

        var n = Math.Min(frames, calling.Length);
        Steps = n == 1 ? [calling[^1]] : [.. Enumerable.Range(0, n).Select(i => calling[(int)Math.Round(i * (calling.Length - 1.0) / (n - 1))])];
        var bytes = 2L * n * images * shape.Elements;
        pixels = bytes <= MostBytes
            ? [.. Steps.Select(_ => new byte[2 * images * shape.Elements])]
            : throw new DiffusionException(
                ErrorKind.Usage,
                $"{images} images of {shape} after {n} steps are more than can be shown; give fewer --frames or a lower --count");
    }

    /// <summary>The plan's steps that are shown, ascending.</summary>
    public IReadOnlyList<int> Steps { get; }

    /// <summary>Shape of one image.</summary>
    public ImageShape Shape => shape;

    /// <summary>How many images.</summary>
    public int Images => images;

    /// <summary>The network's t at the step of a frame.</summary>
    /// <param name="frame">0…, as in <see cref="Steps"/>.</param>
    public double Timestep(int frame) => plan.Steps[Steps[frame]].Timestep!.Value;

    /// <summary>Keeps what the step just done left, if it is one of those.</summary>
    /// <param name="step">What the step came to.</param>
    /// <param name="places">The images to be shown, by their place among those that are sampled.</param>
    public void Take(SampledStep step, int[] places)
    {
        var p = step.Progress;
        var frame = Steps.ToList().IndexOf(p.Step);
        for (var n = 0; frame >= 0 && n < places.Length; n++)
        {
            var image = places[n] - p.FirstImage;
            if (image >= 0 && image < p.ImageCount)
            {
                Levels(step.X.Slice(image * shape.Elements, shape.Elements), pixels[frame], n);
                Levels(step.X0.Slice(image * shape.Elements, shape.Elements), pixels[frame], images + n);
            }
        }
    }

    /// <summary>What the step of a frame left of an image, x_t and then x0, [2, C, H, W].</summary>
    /// <param name="frame">0…, as in <see cref="Steps"/>.</param>
    /// <param name="image">0….</param>
    public byte[] Cell(int frame, int image) =>
        [.. pixels[frame].AsSpan(image * shape.Elements, shape.Elements), .. pixels[frame].AsSpan((images + image) * shape.Elements, shape.Elements)];

    private void Levels(ReadOnlySpan<double> values, byte[] frame, int cell)
    {
        ImageFile.ToBytes(transform.ToPictures(values), frame.AsSpan(cell * shape.Elements, shape.Elements));
    }
}
