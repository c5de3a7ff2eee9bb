using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Verbs.Sample;

/// <summary>guided-diffusion's archive of samples: <c>arr_0</c> uint8 [N, H, W, C], and the classes as <c>arr_1</c> int64 [N].</summary>
/// <param name="path">The .npz file.</param>
/// <param name="shape">Shape of one image.</param>
/// <param name="count">How many images there will be.</param>
/// <param name="labels">Their classes; null without.</param>
internal sealed class SampleArchive(string path, ImageShape shape, int count, int[]? labels) : IImageWriter
{
    private ArrayWriter? file;

    // Begun with the first images, so that what is refused before leaves nothing behind.
    private ArrayWriter File => file ??= ArrayWriter.Create(path, TensorDtype.U8, [count, shape.Height, shape.Width, shape.Channels]);

    public void Write(int[] which, SampledImages images)
    {
        var plane = shape.Height * shape.Width;
        var levels = new byte[images.Values.Length];
        ImageFile.ToBytes(images.ToPictures(), levels);
        var interleaved = new byte[levels.Length];
        for (var i = 0; i < levels.Length; i++)
        {
            var (image, c, pixel) = (i / shape.Elements, i / plane % shape.Channels, i % plane);
            interleaved[(image * shape.Elements) + (pixel * shape.Channels) + c] = levels[i];
        }

        File.Write<byte>(interleaved);
    }

    public void Commit()
    {
        if (labels is not null)
        {
            File.Add(NpyArray.Create<long>([labels.Length], [.. labels.Select(l => (long)l)]));
        }

        File.Commit();
    }

    public void Dispose() => file?.Dispose();
}
