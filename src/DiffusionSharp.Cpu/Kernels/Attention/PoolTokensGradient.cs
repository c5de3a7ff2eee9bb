using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Attention;

/// <summary>The gradient of <see cref="PoolTokens"/> to the pixels: that of a pixel's token, and a pixel's part of that of the mean.</summary>
internal sealed unsafe class PoolTokensGradient : IStep
{
    private readonly View tokens;
    private readonly View pixels;
    private readonly int? added;
    private readonly Action<int, int> image;
    private Workspace workspace = null!;

    /// <param name="tokens">The gradient of the tokens.</param>
    /// <param name="pixels">Receives that of the pixels.</param>
    /// <param name="added">A buffer of the pixels' shape that is added, or null.</param>
    public PoolTokensGradient(View tokens, View pixels, int? added)
    {
        Debug.Assert(tokens.IsPlain && pixels.IsPlain && tokens.Channels == pixels.Channels && tokens.Pixels == pixels.Pixels + 1, "each pixel is a token, behind the mean");
        (this.tokens, this.pixels, this.added, image) = (tokens, pixels, added, Image);
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images, image);
    }

    private void Image(int worker, int image)
    {
        var (segment, count) = (pixels.Segments[0], pixels.Pixels);
        var mean = tokens.Locate(tokens.Segments[0], workspace).At(image, 0);
        var place = (nint)image * count * segment.Stride;
        float* dy = mean + segment.Stride, dx = workspace.Pointer(segment.Buffer) + place;
        var other = added is { } a ? workspace.Pointer(a) + place : null;
        for (var i = 0; i < count * segment.Stride; i++)
        {
            var c = i % segment.Stride;
            var value = c < segment.Channels ? dy[i] + (mean[c] / count) : 0;
            dx[i] = other is null ? value : value + other[i];
        }
    }
}
