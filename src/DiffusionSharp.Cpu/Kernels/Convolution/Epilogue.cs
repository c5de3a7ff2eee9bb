using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Pointwise;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>What happens to a convolution's sums before they are stored: bias is added, then a vector for each image, then another image; ReLU ends it.</summary>
internal sealed unsafe class Epilogue
{
    private readonly ParameterPlace bias;
    private readonly int output;
    private readonly int stride;
    private readonly VectorSource? vector;
    private readonly int? residual;
    private readonly bool relu;

    /// <param name="bias">One value for each output channel, rounded up with zeros.</param>
    /// <param name="output">The buffer written.</param>
    /// <param name="vector">Added to every pixel, or null.</param>
    /// <param name="residual">A buffer of the output's shape that is added, or null.</param>
    /// <param name="relu">Whether what is negative becomes zero.</param>
    public Epilogue(ParameterPlace bias, Segment output, VectorSource? vector, int? residual, bool relu = false)
    {
        (this.bias, stride) = (bias, output.Stride);
        (this.output, this.vector, this.residual, this.relu) = (output.Buffer, vector, residual, relu);
    }

    /// <summary>Channels written, rounded up.</summary>
    public int Stride => stride;

    public Target Begin(Workspace workspace, int image, int channel) => new(
        bias.Floats + channel,
        vector is null ? null : vector.Pointer(workspace, image) + channel,
        workspace.Pointer(output) + channel,
        residual is { } r ? workspace.Pointer(r) + channel : null,
        stride,
        relu);

    /// <summary>The channels of one image from some channel on.</summary>
    internal readonly ref struct Target(float* bias, float* vector, float* output, float* residual, nint stride, bool relu)
    {
        /// <summary>What is added to channels c… of every pixel.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Offset<T>(nint c)
            where T : unmanaged, ISimd<T> =>
            vector is null ? T.Load(bias + c) : T.Add(T.Load(bias + c), T.Load(vector + c));

        /// <summary>Stores channels c… of a pixel, counted over all images.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Store<T>(T sum, T offset, nint pixel, nint c)
            where T : unmanaged, ISimd<T>
        {
            var value = T.Add(sum, offset);
            if (residual is not null)
            {
                value = T.Add(value, T.Load(residual + (pixel * stride) + c));
            }

            T.Store(relu ? Activation.Relu(value) : value, output + (pixel * stride) + c);
        }
    }
}
