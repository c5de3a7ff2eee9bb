using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Sampling.Execution;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>The numbers of all images, float32 [N, C, H, W], as .npy or .npz.</summary>
internal sealed class DumpWriter(string path, ImageShape shape, int count) : IImageWriter
{
    private ArrayWriter? file;

    // Begun with the first images, so that what is refused before leaves nothing behind.
    private ArrayWriter File => file ??= ArrayWriter.Create(path, TensorDtype.F32, [count, shape.Channels, shape.Height, shape.Width]);

    public void Write(int[] which, SampledImages images) => File.Write<float>(images.ToFloats());

    public void Commit() => File.Commit();

    public void Dispose() => file?.Dispose();
}
