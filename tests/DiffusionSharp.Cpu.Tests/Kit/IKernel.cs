using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>A step that can be made for every vector width.</summary>
internal interface IKernel
{
    IStep Create<T>()
        where T : unmanaged, ISimd<T>;
}
