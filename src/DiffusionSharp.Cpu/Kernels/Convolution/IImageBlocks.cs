using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>A gradient to weights, in blocks: what each image adds to each of them.</summary>
internal unsafe interface IImageBlocks
{
    /// <summary>Items by which an image is made ready.</summary>
    int ReadyItems { get; }

    /// <summary>Makes a part of an image ready, as its products read it.</summary>
    /// <param name="workspace">Holds the pixels.</param>
    /// <param name="image">Which image.</param>
    /// <param name="item">Which part.</param>
    /// <param name="ready">Where the image's values go.</param>
    void Ready(Workspace workspace, int image, int item, float* ready);

    /// <summary>What an image adds to a block.</summary>
    /// <param name="number">Which block.</param>
    /// <param name="ready">The image's values.</param>
    /// <param name="block">Receives it.</param>
    /// <param name="scratch">The thread's.</param>
    void Multiply(int number, float* ready, float* block, float* scratch);

    /// <summary>Writes the sum of all images.</summary>
    /// <param name="number">Which block.</param>
    /// <param name="block">The sum.</param>
    void Write(int number, float* block);
}
