using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Cli.Runs;

/// <summary>Opens what a user names as data.</summary>
internal static class DataSource
{
    // Validation drawings share no picture with the training ones.
    private const ulong ValidationSalt = 0x76616C_69646174;

    /// <summary>The training images, and others for validation where the source has them.</summary>
    public static (IBatchSource Training, IBatchSource? Validation) Open(string data, (int Height, int Width)? size, bool flip, ulong seed)
    {
        if (data != ShapesSource.Name)
        {
            throw new DiffusionException(ErrorKind.Data, $"there is no data '{data}'; give a folder of images or {ShapesSource.Name}");
        }

        var (height, width) = size ?? (32, 32);
        if (height != width || flip)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{ShapesSource.Name} draws square pictures in any orientation: give one number as --size, and no --flip");
        }

        return (new ShapesSource(height, seed), new ShapesSource(height, seed ^ ValidationSalt));
    }
}
