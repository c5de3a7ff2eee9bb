using DiffusionSharp.Models;

namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>The images whose likelihood is asked for, checked against the model.</summary>
internal sealed class LikelihoodImages
{
    private readonly byte[] pixels;
    private readonly int[]? labels;

    public LikelihoodImages(DiffusionModel model, byte[] pixels, int[]? labels)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pixels);
        (this.pixels, this.labels, Elements) = (pixels, labels, model.Shape.Elements);
        Count = pixels.Length / Elements;
        if (Count == 0 || pixels.Length % Elements != 0)
        {
            throw new DiffusionException(
                ErrorKind.Data, $"likelihood: found {pixels.Length} levels, expected a whole number of images of {model.Shape}, at least one, for {model.Name}: give images of its size");
        }

        if (model.Scheduler.PixelTransform != Data.PixelTransform.None)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"likelihood: {model.Name} learned dequantised or logit pixels, whose density is not that of levels; take a model of plain pixels");
        }

        if (model.TakesLabels != labels is not null || (labels is not null && labels.Length != Count))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"likelihood: found {labels?.Length ?? 0} labels for {Count} images, expected {(model.TakesLabels ? $"one for each: {model.Name} knows classes" : $"none: {model.Name} knows no classes")}");
        }
    }

    /// <summary>Images N.</summary>
    public int Count { get; }

    /// <summary>Values of an image D.</summary>
    public int Elements { get; }

    /// <summary>Labels of a batch, or empty.</summary>
    public ReadOnlySpan<int> Labels(int first, int count) => labels is null ? [] : labels.AsSpan(first, count);

    /// <summary>The levels of one image.</summary>
    public ReadOnlySpan<byte> Levels(int image) => pixels.AsSpan(image * Elements, Elements);

    /// <summary>What the network learned of a level, -1…1.</summary>
    public static double FromLevel(double level) => (level / 127.5) - 1;
}
