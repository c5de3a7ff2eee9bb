using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Verbs.Sample;

/// <summary>guided-diffusion's archive of samples: <c>arr_0</c> uint8 [N, H, W, C], and the classes as <c>arr_1</c> int64 [N].</summary>
internal static class SampleArchive
{
    /// <summary>Writes the images.</summary>
    public static void Write(string path, SampledImages images, int[]? labels)
    {
        var (channels, plane) = (images.Shape.Channels, images.Shape.Height * images.Shape.Width);
        var levels = new byte[images.Values.Length];
        ImageFile.ToBytes(images.ToPictures(), levels);
        var interleaved = new byte[levels.Length];
        for (var i = 0; i < levels.Length; i++)
        {
            var (image, c, pixel) = (i / images.Shape.Elements, i / plane % channels, i % plane);
            interleaved[(image * images.Shape.Elements) + (pixel * channels) + c] = levels[i];
        }

        List<KeyValuePair<string, NpyArray>> arrays =
            [KeyValuePair.Create("arr_0", NpyArray.Of<byte>([images.Count, images.Shape.Height, images.Shape.Width, channels], interleaved))];
        if (labels is not null)
        {
            arrays.Add(KeyValuePair.Create("arr_1", NpyArray.Of<long>([labels.Length], [.. labels.Select(l => (long)l)])));
        }

        NpzFile.Write(path, arrays);
    }
}
