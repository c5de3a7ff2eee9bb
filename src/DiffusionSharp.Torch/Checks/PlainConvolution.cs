using System.Runtime.CompilerServices;

namespace DiffusionSharp.Torch.Checks;

/// <summary>A convolution and its gradients by their definition, with sums in float64.</summary>
internal static class PlainConvolution
{
    // Compiled well at once: it runs only once, and the check is waited for.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ConvolutionResults Compute(ConvolutionInputs inputs)
    {
        var c = inputs.Case;
        var (height, width) = ((int)c.Input[2], (int)c.Input[3]);
        var (outHeight, outWidth) = ((int)c.Output[2], (int)c.Output[3]);
        var y = new double[inputs.OutputGradient.Length];
        var dx = new double[inputs.Input.Length];
        var dw = new double[inputs.Weights.Length];
        for (var n = 0; n < ConvolutionCase.Images; n++)
        {
            for (var o = 0; o < c.Out; o++)
            {
                var output = ((n * c.Out) + o) * outHeight * outWidth;
                for (var i = 0; i < c.In; i++)
                {
                    var input = ((n * c.In) + i) * height * width;
                    for (var k = 0; k < c.Kernel * c.Kernel; k++)
                    {
                        var tap = (((o * c.In) + i) * c.Kernel * c.Kernel) + k;
                        var (down, right) = ((k / c.Kernel) - c.Padding, (k % c.Kernel) - c.Padding);
                        double weight = inputs.Weights[tap], gradient = 0;
                        for (var row = 0; row < outHeight; row++)
                        {
                            var fromRow = (row * c.Stride) + down;
                            if ((uint)fromRow >= (uint)height)
                            {
                                continue;
                            }

                            for (var column = 0; column < outWidth; column++)
                            {
                                var fromColumn = (column * c.Stride) + right;
                                if ((uint)fromColumn >= (uint)width)
                                {
                                    continue;
                                }

                                var (from, to) = (input + (fromRow * width) + fromColumn, output + (row * outWidth) + column);
                                y[to] += weight * inputs.Input[from];
                                dx[from] += weight * inputs.OutputGradient[to];
                                gradient += (double)inputs.Input[from] * inputs.OutputGradient[to];
                            }
                        }

                        dw[tap] += gradient;
                    }
                }
            }
        }

        return new([.. y.Select(v => (float)v)], [.. dx.Select(v => (float)v)], [.. dw.Select(v => (float)v)]);
    }
}
