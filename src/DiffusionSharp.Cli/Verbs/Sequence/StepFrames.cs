using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Verbs.Sequence;

/// <summary>x_t and the prediction of x0 after evenly chosen steps, as pictures.</summary>
internal sealed class StepFrames
{
    private const long MostBytes = 1L << 30;

    private readonly ImageShape shape;
    private readonly int images;
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
        (this.shape, this.images, this.transform) = (shape, images, transform);
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

    /// <summary>Keeps what the step just done left, if it is one of those.</summary>
    /// <param name="p">Where the sampler stands.</param>
    /// <param name="places">The images to be shown, by their place among those that are sampled.</param>
    public void Take(SamplerProgress p, int[] places)
    {
        var frame = Steps.ToList().IndexOf(p.Step);
        for (var n = 0; frame >= 0 && n < places.Length; n++)
        {
            var image = places[n] - p.FirstImage;
            if (image >= 0 && image < p.ImageCount)
            {
                Levels(p.X.Slice(image * shape.Elements, shape.Elements), pixels[frame], n);
                Levels(p.X0.Slice(image * shape.Elements, shape.Elements), pixels[frame], images + n);
            }
        }
    }

    /// <summary>One frame: x_t above x0, a column per image.</summary>
    /// <param name="frame">0…, as in <see cref="Steps"/>.</param>
    public (ImageShape Shape, byte[] Pixels) Frame(int frame) => ImageGrid.Make(shape, pixels[frame], images, Sheet.Scale(shape));

    /// <summary>All frames: two rows per image, x_t above x0, a column per step.</summary>
    public (ImageShape Shape, byte[] Pixels) Strip()
    {
        var cells = new byte[2 * images * Steps.Count * shape.Elements];
        for (var row = 0; row < 2 * images; row++)
        {
            for (var frame = 0; frame < Steps.Count; frame++)
            {
                var cell = (row % 2 * images) + (row / 2);
                pixels[frame].AsSpan(cell * shape.Elements, shape.Elements).CopyTo(cells.AsSpan(((row * Steps.Count) + frame) * shape.Elements));
            }
        }

        return ImageGrid.Make(shape, cells, Steps.Count, Sheet.Scale(shape));
    }

    private void Levels(ReadOnlySpan<double> values, byte[] frame, int cell)
    {
        ImageFile.ToBytes(transform.ToPictures(values), frame.AsSpan(cell * shape.Elements, shape.Elements));
    }
}
