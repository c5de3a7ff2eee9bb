using System.Numerics.Tensors;
using DiffusionSharp.Data;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>The result of a sampler run.</summary>
/// <param name="Shape">Shape of each image.</param>
/// <param name="Count">Number of images N.</param>
/// <param name="Values">[N, C, H, W] in C order, about [-1, 1], not clamped.</param>
public sealed record SampledImages(ImageShape Shape, int Count, double[] Values)
{
    /// <summary>One image, [C, H, W].</summary>
    /// <param name="index">0..Count-1.</param>
    public ReadOnlySpan<double> Image(int index) => Values.AsSpan(index * Shape.Elements, Shape.Elements);

    /// <summary>The same values as a tensor, [N, C, H, W]: nothing is copied, and what is written there is written here.</summary>
    public Tensor<double> AsTensor() => Tensor.Create(Values, [Count, Shape.Channels, Shape.Height, Shape.Width]);

    /// <summary>The values in float32, [N, C, H, W].</summary>
    public float[] ToFloats() => Array.ConvertAll(Values, v => (float)v);

    /// <summary>What the network learned of levels.</summary>
    public PixelTransform Transform { get; init; } = PixelTransform.None;

    /// <summary>The values of pictures, level = round(127.5·(x + 1)): <see cref="PixelTransform.ToPictures"/>.</summary>
    public float[] ToPictures() => Transform.ToPictures(Values);

    /// <summary>The values on the scale of pictures, -1…1, not rounded: <see cref="PixelTransform.ToScale"/>.</summary>
    public double[] ToScale() => Transform.ToScale(Values);

    /// <summary>The values in float32 with their shape, [N, C, H, W].</summary>
    public HostTensor ToTensor() => new([Count, Shape.Channels, Shape.Height, Shape.Width], ToFloats());
}
